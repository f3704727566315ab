// Runs `bench/bench.ts`, as it is written: Vite makes of it what Node runs.
import { join } from 'node:path';
import { runnerImport } from 'vite';

const { module } = await runnerImport(join(import.meta.dirname, '../bench/bench.ts'), { logLevel: 'warn', configFile: false });
process.exitCode = await module.main(process.argv.slice(2));
