// A row of the table of operations as a route: its path, its shapes, and what the OpenAPI page says of it.
import { createRoute, type RouteConfig } from '@hono/zod-openapi'
import { z } from 'zod'
import * as backup from '../contract/backup.ts'
import * as change from '../contract/change.ts'
import * as check from '../contract/check.ts'
import * as gate from '../contract/gate.ts'
import * as incident from '../contract/incident.ts'
import * as notice from '../contract/notice.ts'
import {
  namesIn,
  type Operation,
  PATH_SHAPES,
  type ShapeFiles,
  type ShapeName,
} from '../contract/operation.ts'

const FILES: ShapeFiles = { backup, change, check, gate, incident, notice }

function shapeOf(name: ShapeName): z.ZodType {
  const [file = '', shape = ''] = name.split('.')
  return (FILES as unknown as Record<string, Record<string, z.ZodType>>)[file]?.[shape] as z.ZodType
}

const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } })

const failure = {
  content: { 'application/problem+json': { schema: gate.problem } },
  description:
    'RFC 9457 problem: `code` is stable, `title` is a sentence in the language of Accept-Language.',
}

/** A key of the caller's: the same key with the same body gets the same answer for 24 hours. */
const keyed = z.object({ 'idempotency-key': z.string().min(1).max(200).optional() })
const resuming = z.object({ 'last-event-id': z.string().optional() })

export function routeOf(row: Operation): RouteConfig {
  const { method, path, query, body, output } = row
  const names = namesIn(path)
  const isStream = typeof output === 'object' && 'events' in output
  const request = {
    ...(names.length === 0
      ? {}
      : { params: z.object(Object.fromEntries(names.map((name) => [name, shapeOf(PATH_SHAPES[name])]))) }),
    ...(query === undefined ? {} : { query: shapeOf(query) as z.ZodObject }),
    ...(row.keyed === true ? { headers: keyed } : {}),
    ...(isStream ? { headers: resuming } : {}),
    ...(body === undefined ? {} : { body: { ...json(shapeOf(body)), required: true } }),
  }
  return createRoute({
    method,
    path,
    ...(row.permission === 'open' ? {} : { security: [{ bearer: [] }] }),
    ...(Object.keys(request).length === 0 ? {} : { request }),
    responses: { 200: { ...contentOf(output), description: row.answer }, default: failure },
  })
}

function contentOf(output: Operation['output']) {
  if (typeof output === 'string') return json(shapeOf(output))
  if ('events' in output) return { content: { 'text/event-stream': { schema: shapeOf(output.events) } } }
  return { content: { ['text' in output ? output.text : output.lines]: { schema: z.string() } } }
}
