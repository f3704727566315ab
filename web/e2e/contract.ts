// Holds every request of the client against the server's OpenAPI document: verb, path, parameters, members of the body.
import type { Request } from '@playwright/test';

interface Operation {
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: { properties?: Record<string, unknown> } }> };
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
}

export class Contract {
  readonly breaches = new Set<string>();
  private readonly paths: { pattern: RegExp; path: string; operations: Record<string, Operation> }[];

  constructor(document: Document) {
    const paths = Object.entries(document.paths).map(([path, operations]) => {
      const source = path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+');
      return { path, operations, pattern: new RegExp(`^${source}$`) };
    });
    // What is said in full comes before what a placeholder would match too.
    this.paths = paths.sort((a, b) => a.path.split('{').length - b.path.split('{').length);
  }

  static async of(url: string): Promise<Contract> {
    const answer = await fetch(`${url}/rest/v0/docs/swagger.json`);
    return new Contract((await answer.json()) as Document);
  }

  check(request: Request) {
    const url = new URL(request.url());
    if (!url.pathname.startsWith('/rest/')) return;
    const what = `${request.method()} ${url.pathname}`;
    const found = this.paths.find(({ pattern, operations }) => pattern.test(url.pathname) && operations[request.method().toLowerCase()]);
    const operation = found?.operations[request.method().toLowerCase()];
    if (!operation) {
      this.breaches.add(`${what} is not in the document`);
      return;
    }
    const known = new Set(operation.parameters?.filter((p) => p.in === 'query').map((p) => p.name));
    for (const name of url.searchParams.keys()) if (!known.has(name)) this.breaches.add(`${what} has no parameter ${name}`);
    const body = request.postData();
    if (!body || !request.headers()['content-type']?.includes('json')) return;
    const members = operation.requestBody?.content['application/json']?.schema.properties ?? {};
    for (const name of Object.keys(JSON.parse(body) as object)) if (!(name in members)) this.breaches.add(`${what} takes no member ${name}`);
  }
}
