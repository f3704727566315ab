// What cloud-init would not read of its user data: roughly, before anything is made. It says no more than a warning.

/** What cloud-init knows a text by. */
const KINDS = /^(#cloud-config|#cloud-config-archive|#cloud-boothook|#include|#include-once|#part-handler|#upstart-job|#!|## template:|Content-Type:|MIME-Version:)/i;

export type CloudFlaw = 'kind' | 'tab' | 'colon';

export function cloudFlawOf(text: string): { flaw: CloudFlaw; line: number } | undefined {
  if (text.trim() === '') return undefined;
  const lines = text.split('\n');
  const [first = ''] = lines;
  if (!KINDS.test(first)) return { flaw: 'kind', line: 1 };
  if (!first.startsWith('#cloud-config')) return undefined;
  const tab = lines.findIndex((line) => /^ *\t/.test(line));
  if (tab >= 0) return { flaw: 'tab', line: tab + 1 };
  // At the left edge stand keys, items of lists and comments only, unless the line before goes on.
  const odd = lines.findIndex((line, i) => i > 0 && /^[^\s#-]/.test(line) && !/^[^:]+:(\s|$)/.test(line) && !/^(---|\.\.\.|[\]}])/.test(line));
  return odd >= 0 ? { flaw: 'colon', line: odd + 1 } : undefined;
}
