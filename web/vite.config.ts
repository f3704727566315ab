import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

import { compress } from './scripts/compress.ts';

// `npm run dev` shows the sources against a server that runs: XO_SERVER=https://127.0.0.1:8443
const server = process.env.XO_SERVER ?? 'https://127.0.0.1:8443';
const proxy = { target: server, secure: false, changeOrigin: true, ws: true };

// PatternFly's styles hold more than we show: typefaces (the system's are there already, `src/app/app.css` names them), an icon font, and
// themes that nobody can choose here. A rule goes when it is about nothing else.
const UNUSED = /pf-v6-theme-(high-contrast|felt|glass|redhat)|pf-v6-pficon|@font-face/;
const onlyUsedStyles: Plugin = {
  name: 'only-used-styles',
  enforce: 'pre',
  transform: (code, id) =>
    /@patternfly\/.*\.css$/.test(id)
      ? code.replace(/([^{}]+)\{[^{}]*\}/g, (rule, selector: string) => (selector.split(/,(?![^(]*\))/).every((one) => UNUSED.test(one)) ? '' : rule))
      : null,
};

// What is loaded first would be eighty small files, which compress badly. It becomes two, with all that they import: what starts, and
// what the frame and the first screens need beside.
const FIRST = [
  { name: 'start', test: /src\/main\.tsx$/, priority: 2 },
  { name: 'frame', test: /src\/(app\/Shell|screens\/overview\/OverviewScreen|screens\/inventory\/InventoryScreen)\.tsx$/, priority: 1 },
];

export default defineConfig({
  plugins: [react(), onlyUsedStyles, compress()],
  build: { target: 'es2023', assetsInlineLimit: 0, reportCompressedSize: false, modulePreload: { polyfill: false }, manifest: true, rolldownOptions: { output: { codeSplitting: { groups: FIRST } } } },
  server: { proxy: { '/rest': proxy, '/api': proxy } },
});
