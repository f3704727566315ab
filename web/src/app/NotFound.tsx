// An address where nothing is, what was there until now, and what is not for everybody.
import { Button, EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter, PageSection } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

export function NotFound() {
  const { t } = useTranslation();
  return <Nothing title={t('notFound.title')} body={t('notFound.body')} to="/" way={t('notFound.home')} />;
}

/** An object that was deleted while somebody looked at it. */
export function Gone({ list }: { list: string }) {
  const { t } = useTranslation();
  return <Nothing title={t('gone.title')} body={t('gone.body')} to={list} way={t('gone.list')} />;
}

/** A screen that others than administrators have no use for. */
export function ForAdmins() {
  const { t } = useTranslation();
  return <Nothing title={t('rights.forAdmins')} body={t('rights.ask')} to="/" way={t('notFound.home')} />;
}

function Nothing({ title, body, to, way }: { title: string; body: string; to: string; way: string }) {
  return (
    <PageSection isFilled>
      <EmptyState titleText={title} headingLevel="h1">
        <EmptyStateBody>{body}</EmptyStateBody>
        <EmptyStateFooter>
          <EmptyStateActions>
            <Button variant="link" component={(props) => <Link {...props} to={to} />}>
              {way}
            </Button>
          </EmptyStateActions>
        </EmptyStateFooter>
      </EmptyState>
    </PageSection>
  );
}
