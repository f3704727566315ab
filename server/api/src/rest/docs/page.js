// Shows the OpenAPI document of this server and sends requests that it describes.
'use strict'

const make = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties)
  element.append(...children)
  return element
}

const send = async (verb, path, operation, form) => {
  const values = new FormData(form)
  const query = new URLSearchParams()
  for (const parameter of operation.parameters) {
    const value = values.get(parameter.in + ':' + parameter.name)
    if (parameter.in === 'path') path = path.replace(`{${parameter.name}}`, encodeURIComponent(value))
    else if (value !== '') query.set(parameter.name, value)
  }
  const headers = {}
  const token = document.querySelector('#token').value
  if (token !== '') headers.authorization = `Bearer ${token}`
  const options = { method: verb.toUpperCase(), headers, credentials: token === '' ? 'same-origin' : 'omit' }
  const body = values.get('body')
  if (body) {
    headers['content-type'] = 'application/json'
    options.body = body
  }
  const mount = location.pathname.replace(/\/rest\/v0\/.*$/, '')
  const answer = await fetch(mount + path + (query.size > 0 ? `?${query}` : ''), options)
  const text = await answer.text()
  let shown = text
  if ((answer.headers.get('content-type') ?? '').includes('json')) {
    try {
      shown = JSON.stringify(JSON.parse(text), null, 2)
    } catch {
      // Lines of JSON are shown as they are.
    }
  }
  return `${answer.status} ${answer.statusText}\n\n${shown.slice(0, 100000)}`
}

const example = schema => {
  const members = Object.entries(schema.properties ?? {}).filter(([name]) => (schema.required ?? []).includes(name))
  return JSON.stringify(Object.fromEntries(members.map(([name, rules]) => [name, rules.type ?? 'any'])), null, 2)
}

const form = (verb, path, operation) => {
  const fields = operation.parameters.map(parameter =>
    make('label', {}, make('code', { textContent: parameter.name }),
      make('input', { name: `${parameter.in}:${parameter.name}`, required: parameter.required }),
      make('small', { textContent: parameter.schema.description ?? parameter.schema.enum?.join(' | ') ?? '' })))
  const content = operation.requestBody?.content?.['application/json']
  if (content !== undefined) {
    fields.push(make('label', {}, 'Body', make('textarea', { name: 'body', value: example(content.schema) })))
    fields.push(make('details', {}, make('summary', { textContent: 'Members of the body' }),
      make('pre', { textContent: JSON.stringify(content.schema.properties, null, 2) })))
  }
  const output = make('pre', { hidden: true })
  const isStream = operation.requestBody !== undefined && content === undefined
  const button = make('button', { textContent: isStream ? 'Needs a file: use curl or xo-cli' : 'Send', disabled: isStream })
  const element = make('form', {}, ...fields, button, output)
  element.addEventListener('submit', async event => {
    event.preventDefault()
    output.hidden = false
    output.textContent = '…'
    output.textContent = await send(verb, path, operation, element).catch(error => String(error))
  })
  return element
}

const show = api => {
  const groups = new Map()
  for (const [path, verbs] of Object.entries(api.paths)) {
    for (const [verb, operation] of Object.entries(verbs)) {
      const details = make('details', {}, make('summary', {},
        make('span', { className: `verb ${verb}`, textContent: verb.toUpperCase() }),
        make('code', { textContent: path }), ' ', make('small', { textContent: operation.summary })))
      details.dataset.words = `${verb} ${path} ${operation.summary}`.toLowerCase()
      details.addEventListener('toggle', () => {
        if (details.open && details.childElementCount === 1) details.append(form(verb, path, operation))
      })
      const [tag] = operation.tags
      if (!groups.has(tag)) groups.set(tag, make('section', {}, make('h2', { textContent: tag })))
      groups.get(tag).append(details)
    }
  }
  document.querySelector('#routes').replaceChildren(...groups.values())
}

document.querySelector('#find').addEventListener('input', event => {
  const words = event.target.value.toLowerCase().split(/\s+/)
  for (const section of document.querySelectorAll('section')) {
    let isEmpty = true
    for (const details of section.querySelectorAll('details[data-words]')) {
      details.hidden = !words.every(word => details.dataset.words.includes(word))
      if (!details.hidden) isEmpty = false
    }
    section.hidden = isEmpty
  }
})

fetch('/rest/v0/docs/swagger.json')
  .then(answer => answer.json())
  .then(show)
  .catch(error => {
    document.querySelector('#routes').textContent = `The document could not be read: ${error}`
  })
