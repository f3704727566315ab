// Words are longer in French: lists still fit the window, and nothing stands under the menus of rows.
import { expect, test } from './fixture.ts';

/** Tells of all screens at once. */
const softly = expect.configure({ soft: true });

test('screens have room for French', async ({ page, server, enter, shot }) => {
  test.setTimeout(180_000);
  await enter();
  await page.evaluate(() => localStorage.setItem('xo.language', 'fr'));
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('lang', 'fr');
  const idOf = async (collection: string, filter = '') => (await server.ask<{ id: string }[]>('GET', `/${collection}?fields=id&sort=name_label&limit=1${filter}`))[0]?.id;
  const [vm, host, sr] = [await idOf('vms', '&filter=power_state:Running'), await idOf('hosts'), await idOf('srs', '&filter=SR_type:nfs')];
  const places = {
    overview: 'overview',
    vms: 'vms',
    hosts: 'hosts',
    pools: 'pools',
    srs: 'srs',
    networks: 'networks',
    vdis: 'vdis',
    templates: 'vm-templates',
    snapshots: 'vm-snapshots',
    vm: `vms/${vm}`,
    'vm-disks': `vms/${vm}/disks`,
    'vm-network': `vms/${vm}/network`,
    'vm-settings': `vms/${vm}/settings`,
    'vm-console': `vms/${vm}/console`,
    'vm-stats': `vms/${vm}/stats`,
    host: `hosts/${host}`,
    'host-network': `hosts/${host}/network`,
    sr: `srs/${sr}`,
    create: 'create-vm',
    tasks: 'tasks',
    users: 'users',
    account: 'account',
    servers: 'servers',
  };
  for (const width of [1280, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    for (const [name, path] of Object.entries(places)) {
      // As a link does it.
      await page.evaluate((to) => history.pushState(null, '', to), `/${path}`);
      await expect(page).toHaveURL((url) => url.pathname === `/${path}`);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expect(page.getByRole('progressbar', { name: 'Chargement' })).toHaveCount(0);
      await softly.poll(() => page.evaluate(tooWide), { message: `${name} at ${width}`, timeout: 5000 }).toEqual([]);
      await shot(`french-${width}-${name}`);
    }
  }
});

test('another language is spoken at once, in dates and units too', async ({ page, enter }) => {
  await enter();
  const speak = async (menu: string, language: string) => {
    await page.getByRole('button', { name: menu }).click();
    await page.getByRole('menuitem', { name: language }).click();
  };
  await page.getByRole('grid', { name: 'VMs' }).getByRole('link').first().click();
  await expect(page.getByText(/^\d+ [A-Z][a-z]+ \d{4} \d\d:\d\d$/).first()).toBeVisible();
  await speak('Menu of admin', 'Français');
  await expect(page.getByText(/^\d+ (janv\.|févr\.|mars|avr\.|mai|juin|juil\.|août|sept\.|oct\.|nov\.|déc\.) \d{4} \d\d:\d\d$/).first()).toBeVisible();
  await expect(page.getByText(/^\d+ Gio$/).first()).toBeVisible();
  await page.getByRole('navigation').getByRole('link', { name: 'VM', exact: true }).click();
  const list = page.getByRole('grid', { name: 'VM' });
  await expect(list.getByText(/^\d+ Gio$/).first()).toBeVisible();
  await speak('Menu de admin', 'English');
  await expect(page.getByRole('grid', { name: 'VMs' }).getByText(/^\d+ GiB$/).first()).toBeVisible();
  await expect(page.getByText(/^\d+ Gio$/)).toHaveCount(0);
});

/** What must be scrolled sideways, and texts that end in dots although nobody typed them: heads of tables, labels, buttons. */
function tooWide(): string[] {
  const isCut = (element: Element) => element.scrollWidth > element.clientWidth + 1;
  const panes = [...document.querySelectorAll('.xo-pane, .xo-scroll, main')].filter((element) => element instanceof HTMLElement && !element.hidden && isCut(element));
  const texts = [...document.querySelectorAll('th, button, dt, label')].filter((element) => getComputedStyle(element).textOverflow === 'ellipsis' && isCut(element));
  return [...panes.map((element) => `${element.className} scrolls`), ...texts.map((element) => `“${element.textContent}” is cut`)];
}
