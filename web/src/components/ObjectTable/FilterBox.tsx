// The one box in which lists are filtered. The server reads the text; where it cannot, the place is marked.
import { HelperText, HelperTextItem, SearchInput } from '@patternfly/react-core';
import { lazy, Suspense, useEffect, useImperativeHandle, useRef, useState, type Ref } from 'react';
import { useTranslation } from 'react-i18next';

import type { Problem } from '../../api/problem.ts';
import type { Collection } from '../../api/types.ts';
import { Note } from '../Note.tsx';
import { complete, wordAt } from './completion.ts';
import { propertiesIn } from './filterWords.ts';

const Completions = lazy(() => import('./Completions.tsx'));
const UnknownProperties = lazy(() => import('./UnknownProperties.tsx'));

/** Letters that come at once, such as pasted ones, are one question. */
const PAUSE_MS = 20;

interface Props {
  filter: string;
  onFilter: (filter: string) => void;
  /** Of the list that was asked for with this filter. */
  problem: Problem | null;
  collection: Collection;
  /** What is offered to filter by. */
  properties: readonly string[];
  ref?: Ref<{ focus: () => void }>;
}

export function FilterBox({ filter, onFilter, problem, collection, properties, ref }: Props) {
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
    // A property whose value is still to come would only be refused.
    if (text === filter || text.endsWith(':')) return;
    const timer = setTimeout(() => onFilter(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, filter, onFilter]);
  const frame = useRef<HTMLDivElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const [caret, setCaret] = useState<number>();
  const word = caret === undefined ? undefined : wordAt(text, caret);
  const choose = (chosen: string) => {
    if (caret === undefined || !word) return;
    const [next, at] = complete(text, caret, word, chosen);
    setText(next);
    setCaret(at);
    input.current?.focus();
    // After the new text is in the box.
    requestAnimationFrame(() => input.current?.setSelectionRange(at, at));
  };
  const isWrong = problem?.status === 400;
  // Of a word that is still typed nobody knows what it will be.
  const named = isWrong || text !== filter ? [] : propertiesIn(filter);
  return (
    <div
      ref={frame}
      className="xo-filter"
      onBlur={(event) => {
        if (!frame.current?.contains(event.relatedTarget)) setCaret(undefined);
      }}
    >
      <SearchInput
        ref={input}
        aria-label={t('filter.label')}
        placeholder={t('filter.placeholder')}
        value={text}
        onChange={(event, value) => {
          setText(value);
          setCaret(event.currentTarget.selectionStart ?? value.length);
        }}
        resetButtonLabel={t('palette.clear')}
          onClear={() => setText('')}
        onKeyDown={(event) => {
          if (event.key === 'Escape' || event.key === 'Enter') setCaret(undefined);
          if (event.key !== 'ArrowDown') return;
          const first = menu.current?.querySelector<HTMLElement>('[role=menuitem]');
          if (first) first.focus();
          else setCaret(input.current?.selectionStart ?? 0);
          event.preventDefault();
        }}
        aria-describedby="filter-problem"
      />
      {word && (
        <Suspense>
          <Completions
            ref={menu}
            {...{ collection, properties, word }}
            onChoose={choose}
            onLeave={() => {
              setCaret(undefined);
              input.current?.focus();
            }}
          />
        </Suspense>
      )}
      {named.length > 0 && (
        <Suspense>
          <UnknownProperties {...{ collection, named }} known={properties} />
        </Suspense>
      )}
      {isWrong && (
        <HelperText id="filter-problem" isLiveRegion>
          <Note variant="error">{problem.message}</Note>
          <HelperTextItem className="xo-marked">{marked(filter, problem)}</HelperTextItem>
        </HelperText>
      )}
    </div>
  );
}

/** The filter, and below it marks where it cannot be read. */
function marked(filter: string, { data: { start = 0, end = 0 } }: Problem): string {
  return `${filter}\n${' '.repeat(start)}${'^'.repeat(Math.max(1, end - start))}`;
}
