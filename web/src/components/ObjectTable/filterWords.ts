// Which properties a filter names, read roughly: only to tell somebody of a misspelt one. The server alone knows the language.

/** The top-level properties, each once. What stands within another one is a part of that; a dot is a part of the name. */
export function propertiesIn(filter: string): string[] {
  const found = new Set<string>();
  // Quoted texts and regular expressions are values.
  const text = filter.replace(/"(?:\\.|[^"\\])*"|\/(?:\\.|[^/\\\s])+\/i?/g, '""');
  const token = /([\w$.-]+)(?:\s*:\s*[\w$-]+(?=\s*[:?]))*\s*(:\s*(?:[|&!]\s*)?\(?|\?)/g;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [all, path = '', sign = ''] = match;
    found.add(path);
    if (sign.endsWith('(')) token.lastIndex = closing(text, match.index + all.length);
  }
  return [...found];
}

/** The place behind the parenthesis that closes the one before `start`. */
function closing(text: string, start: number): number {
  let depth = 1;
  let at = start;
  for (; at < text.length && depth > 0; at++) {
    if (text[at] === '(') depth += 1;
    if (text[at] === ')') depth -= 1;
  }
  return at;
}
