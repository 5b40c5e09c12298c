import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Gate } from '../app/gate.ts'
import { openDoor } from './application.ts'

/** One line a route: method, path, who may call it, what is given besides the path, and what comes back. */
const PINNED = readFileSync(join(import.meta.dirname, '../../tests/fixtures/wire/routes.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

/** Nothing is asked of a gate before a request comes. */
const door = openDoor({ gate: {} as Gate, closing: new AbortController().signal })

interface Described {
  readonly security?: readonly object[]
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly required?: boolean }[]
  readonly requestBody?: { readonly required?: boolean; readonly content: object }
  readonly responses: Readonly<Record<string, { readonly content: object; readonly description: string }>>
}

function lineOf(method: string, path: string, route: Described): string {
  const given = [
    ...(route.parameters ?? []).map((one) => `${one.in}:${one.name}${one.required === true ? '' : '?'}`),
    ...(route.requestBody === undefined ? [] : [`body:${Object.keys(route.requestBody.content).join()}`]),
  ].sort()
  const answers = Object.entries(route.responses).map(
    ([status, { content }]) => `${status}:${Object.keys(content).join()}`,
  )
  const who = route.security === undefined ? 'open' : 'bearer'
  return [method.toUpperCase(), path, who, ...given, '->', ...answers].join(' ')
}

function described(): readonly string[] {
  const { paths = {} } = door.getOpenAPI31Document({ openapi: '3.1.0', info: { title: '', version: '' } })
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Described>).map(([method, route]) => lineOf(method, path, route)),
  )
}

test('every route of the first release keeps its method, path, security, parameters and kind of answer', () => {
  const now = described()
  expect(PINNED.length).toBeGreaterThan(50)
  expect(PINNED.filter((line) => !now.includes(line))).toEqual([])
})

test('every route on the OpenAPI page is served, and nothing else is', () => {
  const served = new Set(
    door.routes
      .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api/v1/'))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`),
  )
  served.delete('GET /api/v1/openapi.json')
  const onPage = described().map((line) => line.split(' ').slice(0, 2).join(' '))
  expect([...served].sort()).toEqual([...onPage].sort())
})
