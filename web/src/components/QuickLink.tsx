// A link within the client, for rows. The router's own hears of every change of the address: much for a list that draws hundreds a second.
import type { MouseEvent, ReactNode } from 'react';
import { navigate } from 'wouter/use-browser-location';

interface Props {
  to: string;
  title?: string;
  children: ReactNode;
}

export function QuickLink({ to, title, children }: Props) {
  const go = (event: MouseEvent) => {
    // Another window, a download: that is the browser's.
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    navigate(to);
  };
  return (
    <a href={to} title={title} onClick={go}>
      {children}
    </a>
  );
}
