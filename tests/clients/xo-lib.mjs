// The npm package xo-lib against the server: sign in, list, change a VM, receive the change.
// usage: node xo-lib.mjs URL USER PASSWORD
import XoLib from 'xo-lib'

const Xo = XoLib.default
const [url, user, password] = process.argv.slice(2)

const fail = message => {
  console.error(message)
  process.exit(1)
}
setTimeout(() => fail('nothing happened in time'), 60e3).unref()

const xo = new Xo({ url })
await xo.open()
await xo.signIn({ username: user, password })
if (xo.user?.email !== user) fail(`signed in as ${xo.user?.email}`)

const vms = Object.values(await xo.call('xo.getAllObjects', { filter: { type: 'VM' } }))
if (vms.length === 0) fail('no VM was listed')
const vm = vms[0]

const received = new Promise(resolve => {
  xo.on('notification', ({ method, params }) => {
    if (method === 'all' && params.items[vm.id]?.name_description === 'seen by xo-lib') resolve()
  })
})
const result = await xo.call('vm.set', { id: vm.id, name_description: 'seen by xo-lib' })
if (result !== true) fail(`vm.set answered ${JSON.stringify(result)}`)
await received
console.log('change received')

const refused = await xo.call('vm.start', { id: 'nothing' }).then(() => fail('not refused'), error => error)
if (refused.code !== 1) fail(`expected code 1, got ${refused.code}`)
await xo.close()
process.exit(0)
