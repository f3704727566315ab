// The one box in which lists are filtered. The server reads the text; where it cannot, the place is marked.
import { HelperText, HelperTextItem, SearchInput } from '@patternfly/react-core';
import { useEffect, useImperativeHandle, useRef, useState, type Ref } from 'react';
import { useTranslation } from 'react-i18next';

import type { Problem } from '../../api/problem.ts';

const PAUSE_MS = 120;

interface Props {
  filter: string;
  onFilter: (filter: string) => void;
  /** Of the list that was asked for with this filter. */
  problem: Problem | null;
  ref?: Ref<{ focus: () => void }>;
}

export function FilterBox({ filter, onFilter, problem, ref }: Props) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(filter);
  const [given, setGiven] = useState(filter);
  // The address changed by itself: back, a saved view.
  if (given !== filter) {
    setGiven(filter);
    setText(filter);
  }
  useImperativeHandle(ref, () => ({ focus: () => input.current?.focus() }), []);
  useEffect(() => {
    if (text === filter) return;
    const timer = setTimeout(() => onFilter(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, filter, onFilter]);
  const isWrong = problem?.status === 400;
  return (
    <>
      <SearchInput
        ref={input}
        aria-label={t('filter.label')}
        placeholder={t('filter.placeholder')}
        value={text}
        onChange={(_, value) => setText(value)}
        onClear={() => setText('')}
        aria-describedby="filter-problem"
      />
      {isWrong && (
        <HelperText id="filter-problem" isLiveRegion>
          <HelperTextItem variant="error">{problem.message}</HelperTextItem>
          <HelperTextItem className="xo-marked">{marked(filter, problem)}</HelperTextItem>
        </HelperText>
      )}
    </>
  );
}

/** The filter, and below it marks where it cannot be read. */
function marked(filter: string, { data: { start = 0, end = 0 } }: Problem): string {
  return `${filter}\n${' '.repeat(start)}${'^'.repeat(Math.max(1, end - start))}`;
}
