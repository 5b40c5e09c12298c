import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { namesIn, type Operation, PATH_SHAPES, type ShapeName } from './operation.ts'
import { GRANTS, OPERATIONS } from './operations.ts'

const ROWS = Object.entries<Operation>(OPERATIONS)
const FILES = {
  backup: await import('./backup.ts'),
  change: await import('./change.ts'),
  check: await import('./check.ts'),
  gate: await import('./gate.ts'),
  incident: await import('./incident.ts'),
  notice: await import('./notice.ts'),
}

/** The names of the fields, of each of them where a shape is a choice. */
function fieldsOf(name: ShapeName | undefined): readonly string[] {
  if (name === undefined) return []
  const [file, shape] = name.split('.') as [keyof typeof FILES, string]
  const of = (schema: unknown): readonly string[] =>
    schema instanceof z.ZodObject
      ? Object.keys(schema.shape)
      : schema instanceof z.ZodDiscriminatedUnion
        ? schema.options.flatMap(of)
        : expect.unreachable(`${name} is no object`)
  return of((FILES[file] as Record<string, unknown>)[shape])
}

describe('the table of operations', () => {
  test('names a permission that is granted somewhere, and grants each in one row alone', () => {
    const granted: string[] = []
    for (const [name, { permission }] of ROWS) {
      if (typeof permission === 'string') continue
      if (Array.isArray(permission))
        for (const one of permission as readonly string[]) expect(Object.keys(GRANTS), name).toContain(one)
      else granted.push(...Object.keys(permission))
    }
    expect(granted.length).toBeGreaterThan(20)
    expect(new Set(granted).size).toBe(granted.length)
  })

  test('has one row for a method and path, and knows every name in a path', () => {
    const places = ROWS.map(([, { method, path }]) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`)
    expect(new Set(places).size).toBe(places.length)
    for (const [name, { path }] of ROWS)
      for (const one of namesIn(path)) expect(Object.keys(PATH_SHAPES), name).toContain(one)
  })

  test('uses a name once in path, query and body, so that an input is one object', () => {
    for (const [name, { path, query, body }] of ROWS) {
      const names = [...namesIn(path), ...new Set([...fieldsOf(query), ...fieldsOf(body)])]
      expect(new Set(names).size, name).toBe(names.length)
      expect(query === undefined || body === undefined, name).toBe(true)
    }
  })
})
