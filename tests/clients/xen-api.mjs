// Drives a lab with the npm package `xen-api`: sign-in, the first fetch of every class, the event loop, tasks, field edits,
// and errors, over both transports. Usage: node xen-api.mjs URL [USER PASSWORD]. Exits non-zero when anything is off.
import assert from 'node:assert/strict'
import { createClient } from 'xen-api'

const [url, user = 'root', password = 'lab'] = process.argv.slice(2)
if (url === undefined) {
  console.error('usage: node xen-api.mjs URL [USER PASSWORD]')
  process.exit(2)
}
setTimeout(() => {
  console.error('the client waits for something that does not come')
  process.exit(3)
}, 60e3).unref()

const client = (options) =>
  createClient({ url, auth: { user, password }, allowUnauthorized: true, debounce: 20, ...options })

// Waits for the event loop to bring an object into the wanted shape.
async function until(xapi, id, wanted) {
  for (;;) {
    const object = xapi.getObject(id, undefined)
    if (object !== undefined && wanted(object)) {
      return object
    }
    await new Promise((resolve) => xapi.objects.once('finish', resolve))
  }
}

async function fails(promise, code) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.code, code)
    return true
  })
}

async function session(transport) {
  const xapi = client({ transport })
  await xapi.connect()
  await xapi.objectsFetched
  const objects = Object.values(xapi.objects.all)
  const of = (type) => objects.filter((object) => object.$type === type)
  assert.equal(of('pool').length, 1)
  assert.ok(of('host').length >= 1)
  for (const vbd of of('VBD')) {
    assert.ok(vbd.$VM !== undefined, 'a VBD points at its VM')
    assert.ok(vbd.$VM.VBDs.includes(vbd.$ref), 'and its VM at it')
  }
  await xapi.barrier()

  const vm = of('VM').find((vm) => vm.power_state === 'Halted' && !vm.is_a_template)
  assert.ok(vm !== undefined, 'there is a halted VM')
  await xapi.callAsync('VM.start', vm.$ref, false, false)
  const running = await until(xapi, vm.$id, (vm) => vm.power_state === 'Running')
  assert.ok(running.$resident_on.resident_VMs.includes(vm.$ref), 'the host knows its new VM')
  await fails(xapi.callAsync('VM.start', vm.$ref, false, false), 'VM_BAD_POWER_STATE')
  await xapi.call('VM.clean_shutdown', vm.$ref)
  await until(xapi, vm.$id, (vm) => vm.power_state === 'Halted')

  const copy = await xapi.callAsync('VM.clone', vm.$ref, `made by ${transport}`)
  assert.match(copy, /^OpaqueRef:/)
  const uuid = await xapi.getField('VM', copy, 'uuid')
  await until(xapi, uuid, (made) => made.name_label === `made by ${transport}`)
  await xapi.setFieldEntry('VM', copy, 'other_config', 'note', 'x')
  await until(xapi, uuid, (made) => made.other_config.note === 'x')
  await xapi.setField('VM', copy, 'name_label', 'renamed <&> é')
  await until(xapi, uuid, (made) => made.name_label === 'renamed <&> é')
  await xapi.callAsync('VM.destroy', copy)
  while (xapi.getObject(uuid, undefined) !== undefined) {
    await new Promise((resolve) => xapi.objects.once('finish', resolve))
  }

  await fails(xapi.call('VM.fly', vm.$ref), 'MESSAGE_METHOD_UNKNOWN')
  await fails(xapi.call('VM.get_record', 'OpaqueRef:none'), 'HANDLE_INVALID')
  const updates = await xapi.call('host.call_plugin', xapi.pool.master, 'updater.py', 'check_update', {})
  assert.ok(Array.isArray(JSON.parse(updates)))
  await xapi.disconnect()
  return objects.length
}

for (const transport of ['json-rpc', 'xml-rpc']) {
  console.log(`${transport}: ${await session(transport)} objects`)
}
const stranger = client({ auth: { user, password: 'wrong' }, watchEvents: false })
await fails(stranger.connect(), 'SESSION_AUTHENTICATION_FAILED')
console.log('ok')
process.exit(0)
