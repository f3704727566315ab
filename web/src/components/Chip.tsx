// A word in a coloured shape, in PatternFly's look. Its own label also measures its text and listens to every key pressed in the page:
// too much for a list that has several in each row.
import '@patternfly/react-styles/css/components/Label/label.css';

import type { ReactNode } from 'react';
import { Link } from 'wouter';

interface Props {
  children: ReactNode;
  color?: 'green' | 'grey' | 'yellow' | 'blue' | 'orange' | 'red';
  icon?: ReactNode;
  /** Where it leads. */
  to?: string;
}

export function Chip({ children, color = 'grey', icon, to }: Props) {
  const content = (
    <>
      {icon && <span className="pf-v6-c-label__icon">{icon}</span>}
      <span className="pf-v6-c-label__text">{children}</span>
    </>
  );
  const className = 'pf-v6-c-label__content';
  return (
    <span className={`pf-v6-c-label${to ? '' : ' pf-m-compact'}${color === 'grey' ? '' : ` pf-m-${color}`}`}>
      {to ? (
        <Link to={to} className={className}>
          {content}
        </Link>
      ) : (
        <span className={className}>{content}</span>
      )}
    </span>
  );
}
