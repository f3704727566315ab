// A word in a coloured shape, as PatternFly's label looks. That one also measures its text, listens to every key pressed in the page, and
// brings two hundred variables of its own to each element: too much for a list that has several in each row.
import './Chip.css';

import type { ReactNode } from 'react';

interface Props {
  children: ReactNode;
  color?: 'green' | 'grey' | 'yellow' | 'blue' | 'orange' | 'red';
}

export function Chip({ children, color = 'grey' }: Props) {
  return <span className={`xo-chip xo-${color}`}>{children}</span>;
}
