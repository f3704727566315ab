// The drawer of tasks, beside any screen. The pool is behind a wire that is held, so that a task runs for as long as the test wants.
import { expectAccessible } from './axe.ts';
import { expect, signIn, test } from './fixture.ts';
import { connectPool, startLab, startServer } from './server.ts';
import { layWire } from './wire.ts';

interface Named {
  id: string;
  name_label: string;
}

test('the drawer shows what runs, stops it, and says of what failed why and what to do', async ({ page, server, shot }) => {
  const away = await startServer([]);
  const wire = await layWire(server.lab);
  try {
    await connectPool(away, wire.address);
    const first = async (state: string) => (await away.ask<Named[]>('GET', `/vms?fields=id,name_label&filter=power_state:${state}&sort=name_label&limit=1`))[0];
    const [off, up] = [await first('Halted'), await first('Running')];
    await signIn(page, `${away.url}/vms`);
    const filter = page.getByRole('textbox', { name: 'Filter' });
    await filter.fill('power_state:Halted');
    await page.getByRole('button', { name: 'Tasks', exact: true }).click();
    const drawer = page.getByRole('region', { name: 'Tasks' });
    await expect(drawer.getByText('Nothing runs')).toBeVisible();
    // The screen beside it is still the same one.
    await expect(filter).toHaveValue('power_state:Halted');

    await away.ask('POST', `/vms/${up?.id}/actions/start`, {});
    const failed = drawer.getByRole('listitem').filter({ hasText: 'Failed' });
    await expect(failed.getByRole('link', { name: up?.name_label ?? '' })).toBeVisible();
    await expect(failed).toContainText('VM_BAD_POWER_STATE');
    await expect(failed).toContainText('The VM is Running now, and this can be done only while it is Halted');

    wire.hold();
    await away.ask('POST', `/vms/${off?.id}/actions/start`, {});
    await expect(page.getByRole('button', { name: '1 task runs' })).toBeVisible();
    const runs = drawer.getByRole('list', { name: 'Running now' }).getByRole('listitem');
    await expect(runs.getByRole('link', { name: off?.name_label ?? '' })).toBeVisible();
    await expect(runs.getByRole('progressbar')).toBeVisible();
    await expectAccessible(page);
    await shot('tasks-drawer');
    await page.setViewportSize({ width: 360, height: 740 });
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await expectAccessible(page);
    await shot('narrow-tasks-drawer');
    await page.setViewportSize({ width: 1280, height: 800 });
    await runs.getByRole('button', { name: /^Stop: Start/ }).click();
    await expect(runs.getByRole('button', { name: /^Stop: Start/ })).toBeDisabled();
    wire.letThrough();
    await expect(drawer.getByText('Nothing runs')).toBeVisible();
    await expect(drawer.getByRole('list', { name: 'Ended last' }).getByRole('link', { name: off?.name_label ?? '' })).toBeVisible();

    await drawer.getByRole('button', { name: 'Close the tasks' }).click();
    await expect(drawer).toBeHidden();
    await page.keyboard.press('Enter');
    await expect(drawer).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(drawer).toBeHidden();
    await expect(page.getByRole('button', { name: 'Tasks', exact: true })).toBeFocused();
    await page.keyboard.press('Enter');
    await drawer.getByRole('link', { name: 'All tasks' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Tasks' })).toBeVisible();
    await expect(page.getByRole('grid', { name: 'History' }).getByRole('row', { name: new RegExp(off?.name_label ?? '') }).first()).toBeVisible();
  } finally {
    await page.goto('about:blank');
    await away.stop();
    await wire.cut();
  }
});

test('what somebody stopped has not failed', async ({ page, shot }) => {
  const [away, lab] = [await startServer([]), await startLab(['--slow', 'VM.start=60000'])];
  try {
    await connectPool(away, lab.url);
    const [off] = await away.ask<Named[]>('GET', '/vms?fields=id,name_label&filter=power_state:Halted&sort=name_label&limit=1');
    const [up] = await away.ask<Named[]>('GET', '/vms?fields=id,name_label&filter=power_state:Running&sort=name_label&limit=1');
    const ofStopped = { name: new RegExp(off?.name_label ?? '') };
    await away.ask('POST', `/vms/${up?.id}/actions/start`, {});
    await signIn(page, `${away.url}/vms/${off?.id}`);
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByRole('button', { name: '1 task runs' }).click();
    const drawer = page.getByRole('region', { name: 'Tasks' });
    await drawer.getByRole('button', { name: /^Stop: Start/ }).click();
    await expect(page.getByText(`Start: ${off?.name_label} was stopped`)).toBeVisible();
    const stopped = drawer.getByRole('list', { name: 'Ended last' }).getByRole('listitem').filter({ hasText: 'Stopped' });
    await expect(stopped.getByRole('link', ofStopped)).toBeVisible();
    await expect(stopped).not.toContainText('TASK_CANCELLED');
    await shot('tasks-stopped');

    // Neither in the history nor on the overview is it among those that failed.
    await drawer.getByRole('link', { name: 'All tasks' }).click();
    const history = page.getByRole('grid', { name: 'History' });
    await expect(history.getByRole('row', ofStopped).first()).toContainText('Stopped');
    await page.getByRole('button', { name: 'Failed' }).click();
    await expect(history.getByRole('row', { name: /VM_BAD_POWER_STATE/ })).toBeVisible();
    await expect(history.getByRole('row', ofStopped)).toHaveCount(0);
    await page.getByRole('button', { name: 'Stopped', exact: true }).click();
    await expect(history.getByRole('row', ofStopped)).toHaveCount(1);
    await expect(history.getByRole('row', { name: /VM_BAD_POWER_STATE/ })).toHaveCount(0);
    await page.getByRole('navigation').getByRole('link', { name: 'Overview' }).click();
    await expect(page.getByText('Everything is well')).toBeVisible();
  } finally {
    await page.goto('about:blank');
    await away.stop();
    await lab.stop();
  }
});
