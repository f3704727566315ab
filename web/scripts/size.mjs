// Fails when the first load weighs more than its budget: the page, and what it imports before anything is shown, in gzip. The sign-in,
// the overview and the first list count too, since nobody gets anywhere without them.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const BUDGET = 300 * 1024;
const FIRST = ['index.html', 'src/app/Shell.tsx', 'src/screens/overview/OverviewScreen.tsx', 'src/screens/inventory/InventoryScreen.tsx'];
const DIST = join(import.meta.dirname, '..', 'dist');

const manifest = JSON.parse(readFileSync(join(DIST, '.vite/manifest.json'), 'utf8'));
const loaded = new Set(['index.html', 'theme.js']);
/** @param {string} name */
function load(name) {
  const chunk = manifest[name];
  if (!chunk || loaded.has(chunk.file)) return;
  loaded.add(chunk.file);
  chunk.css?.forEach((file) => loaded.add(file));
  chunk.imports?.forEach(load);
}
FIRST.forEach(load);

let total = 0;
for (const file of loaded) {
  const size = statSync(join(DIST, `${file}.gz`)).size;
  total += size;
  console.log(`${(size / 1024).toFixed(1).padStart(8)} KB  ${file}`);
}
console.log(`${(total / 1024).toFixed(1).padStart(8)} KB  first load, of ${BUDGET / 1024} KB`);
if (total > BUDGET) {
  console.error('The first load is over its budget: load a screen later (`lazy` in src/app/routes.tsx) or import less.');
  process.exit(1);
}
