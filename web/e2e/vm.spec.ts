// The page of a VM: its screen, its use, its devices, its snapshots and settings.
import { expect, test } from './fixture.ts';

interface Vm {
  id: string;
  name_label: string;
}

const running = 'power_state:Running&sort=name_label';

test('a VM shows its moving screen, takes keys and typed texts, and comes back after a reboot', async ({ page, server, enter, shot }) => {
  await enter();
  const [vm] = await server.ask<Vm[]>('GET', `/vms?fields=id,name_label&filter=${running}&limit=1`);
  if (!vm) throw new Error('the lab has no running VM');
  const sent: number[] = [];
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => typeof payload !== 'string' && sent.push(payload[0] ?? -1)));
  await page.goto(`/vms/${vm.id}/console`);
  await expect(page.getByText('Connected', { exact: true })).toBeVisible();
  const picture = page.locator('.xo-screen canvas');
  const look = () => picture.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  // More than one colour, and not the same a moment later.
  await expect
    .poll(() =>
      picture.evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: new Uint8ClampedArray() };
        return new Set(new Uint32Array(data.buffer)).size;
      }),
    )
    .toBeGreaterThan(1);
  const before = await look();
  await expect.poll(look).not.toBe(before);
  await shot('vm-console');

  // A key is message 4 of RFB, or 255 where the host takes key codes.
  const keys = () => sent.filter((kind) => kind === 4 || kind === 255).length;
  await picture.click();
  const first = keys();
  await page.keyboard.press('a');
  await expect.poll(keys).toBeGreaterThan(first);
  const second = keys();
  await page.getByRole('button', { name: 'Ctrl+Alt+Del' }).click();
  await expect.poll(keys).toBeGreaterThanOrEqual(second + 6);
  const third = keys();
  await page.getByRole('button', { name: 'Type a text' }).click();
  await page.getByRole('dialog').getByLabel('Text').fill('Hi\nyou');
  await page.getByRole('dialog').getByRole('button', { name: 'Type it' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  expect(keys()).toBeGreaterThanOrEqual(third + 14);

  // The picture fits its place again after that was larger.
  const isWithin = () => picture.evaluate((canvas: HTMLCanvasElement) => canvas.clientHeight <= (canvas.closest('.xo-screen')?.clientHeight ?? 0));
  await page.setViewportSize({ width: 1900, height: 1200 });
  await expect.poll(() => picture.evaluate((canvas: HTMLCanvasElement) => canvas.clientHeight)).toBeGreaterThan(600);
  await page.setViewportSize({ width: 1280, height: 800 });
  await expect.poll(isWithin).toBe(true);

  await page.getByText('1:1').click();
  await shot('vm-console-1-1');
  await server.ask('POST', `/vms/${vm.id}/actions/hard_shutdown?sync=true`, {});
  await expect(page.getByText('does not run', { exact: false })).toBeVisible();
  await server.ask('POST', `/vms/${vm.id}/actions/start?sync=true`, {});
  await expect(page.getByText('Connected', { exact: true })).toBeVisible();

  await page.goto(`/console/vms/${vm.id}`);
  await expect(page.getByText('Connected', { exact: true })).toBeVisible();
  await expect(page.getByRole('navigation')).toBeHidden();
  await shot('console-window');

  // Who looked at a screen is in the history.
  await page.goto(`/vms/${vm.id}/activity`);
  await expect(page.getByText('console opened').first()).toBeVisible();
  await expect(page.getByText('console closed').first()).toBeVisible();
});

test('a VM tells how it was used', async ({ page, server, enter, shot }) => {
  await enter();
  const [vm] = await server.ask<Vm[]>('GET', `/vms?fields=id,name_label&filter=${running}&limit=1`);
  await page.goto(`/vms/${vm?.id}/stats`);
  for (const name of ['CPU', 'Memory', 'Network', 'Disks']) await expect(page.getByRole('img', { name })).toBeVisible();
  // Legends tell the last values and name what they are of.
  await expect(page.getByRole('img', { name: 'Disks' })).toContainText(/Read xvda[\d.]+ \w+\/s/);
  await expect(page.getByRole('img', { name: 'Network' })).not.toContainText(/Received \d/);
  await shot('vm-stats');
  await page.getByRole('button', { name: 'Week' }).click();
  await expect(page).toHaveURL(/span=hours/);
  await expect(page.getByRole('img', { name: 'CPU' })).toBeVisible();
  await server.ask('POST', `/vms/${vm?.id}/actions/hard_shutdown?sync=true`, {});
  await expect(page.getByText('its statistics are here when it does', { exact: false })).toBeVisible();
});
