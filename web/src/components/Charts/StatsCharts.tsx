// How an object was used: its charts for a span of time, with the present at their end.
import { Card, CardBody, CardTitle, EmptyState, Gallery, Spinner, ToggleGroup, ToggleGroupItem } from '@patternfly/react-core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'wouter';

import { get } from '../../api/http.ts';
import type { Problem } from '../../api/problem.ts';
import { Alert } from '../Alert.tsx';
import { ProblemText } from '../ProblemText.tsx';
import { Chart } from './Chart.tsx';
import type { Answer, Panel } from './series.ts';

/** As pools keep them: the name of the steps, and how long one is in seconds. */
const SPANS = [
  ['seconds', 5],
  ['minutes', 60],
  ['hours', 3600],
  ['days', 86_400],
] as const;

interface Props {
  collection: 'vms' | 'hosts' | 'srs';
  id: string;
  panels: readonly Panel[];
  /** What an interface is called. */
  devices?: (device: string) => string;
}

export function StatsCharts({ collection, id, panels, devices }: Props) {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const [granularity, step] = SPANS.find(([name]) => name === params.get('span')) ?? SPANS[0];
  const { data, error, isPending } = useQuery<Answer, Problem>({
    queryKey: ['stats', collection, id, granularity],
    queryFn: ({ signal }) => get<Answer>(`/${collection}/${id}/stats`, { granularity }, signal),
    placeholderData: keepPreviousData,
    // Statistics are no objects and have no events: the live end is asked for, once a step.
    refetchInterval: step * 1000,
  });
  const shown = data ? panels.map((panel) => ({ panel, lines: panel.lines(data.stats, devices) })).filter(({ lines }) => lines.length > 0) : [];
  return (
    <>
      <ToggleGroup aria-label={t('stats.span')} className="xo-bar-below">
        {SPANS.map(([name]) => (
          <ToggleGroupItem key={name} text={t(`stats.spans.${name}`)} isSelected={name === granularity} onChange={() => setParams({ span: name }, { replace: true })} />
        ))}
      </ToggleGroup>
      {error && (
        <Alert isInline variant="danger" title={t('table.failed')}>
          <ProblemText problem={error} />
        </Alert>
      )}
      {isPending && !error && <Spinner aria-label={t('shell.loading')} />}
      {data && shown.length === 0 && <EmptyState titleText={t('stats.none')} headingLevel="h2" />}
      <Gallery hasGutter minWidths={{ default: '100%', lg: '28rem' }}>
        {data &&
          shown.map(({ panel, lines }) => (
            <Card key={panel.key} isCompact>
              <CardTitle component="h2">{t(panel.label)}</CardTitle>
              <CardBody>
                <Chart label={t(panel.label)} unit={panel.unit} answer={data} lines={lines} />
              </CardBody>
            </Card>
          ))}
      </Gallery>
    </>
  );
}
