// What is typed while the field that takes it is still on its way.

let kept = '';

function keep(event: KeyboardEvent) {
  if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  kept += event.key;
}

/** From now on keys are kept. */
export function keepTyped() {
  kept = '';
  document.addEventListener('keydown', keep, { capture: true });
}

/** What was kept; keys go their usual way again. */
export function takeTyped(): string {
  document.removeEventListener('keydown', keep, { capture: true });
  const typed = kept;
  kept = '';
  return typed;
}
