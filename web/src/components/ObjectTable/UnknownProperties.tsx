// A word to who filters by a property that no object has: nothing is wrong with the filter, but it lets nothing through.
import { HelperText } from '@patternfly/react-core';
import { useQueries } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import type { Collection } from '../../api/types.ts';
import { Note } from '../Note.tsx';
import { matching } from './completion.ts';
import { valuesQuery } from './values.ts';

interface Props {
  collection: Collection;
  /** Those that lists show: every object may have them. */
  known: readonly string[];
  /** Those that the filter names. */
  named: readonly string[];
}

export default function UnknownProperties({ collection, known, named }: Props) {
  const { t } = useTranslation();
  const tops = new Set(known.map((one) => one.split(':')[0]));
  const asked = named.filter((one) => !tops.has(one));
  const unknown = useQueries({
    queries: asked.map((property) => valuesQuery(collection, property)),
    combine: (answers) => asked.filter((property, i) => isLacking(answers[i]?.data, property)),
  });
  const [first] = unknown;
  if (first === undefined) return null;
  // The beginning of a misspelt word is right more often than its end.
  const [nearest] = [first.replaceAll('.', ':'), first.slice(0, Math.ceil(first.length / 2))].flatMap((text) => matching(known, text));
  return (
    <HelperText isLiveRegion>
      <Note variant="warning">
        {t('filter.unknown', { property: first })} {nearest !== undefined && t('filter.nearest', { property: nearest })}
      </Note>
    </HelperText>
  );
}

/** Where there are no objects, nobody knows what they would have. */
function isLacking(objects: readonly Record<string, unknown>[] | undefined, property: string): boolean {
  return objects !== undefined && objects.length > 0 && objects.every((object) => !(property in object));
}
