// A request that does not have its shape, as one failure with sentences of our own: the field, and what had to stand there.
import type { z } from 'zod'
import { SekishoError } from '../base/error.ts'
import type { Detail } from '../base/error-values.ts'
import { isObject } from '../base/json.ts'
import { type Expected, INPUT_WORDS } from '../words/input.ts'

type Issue = z.core.$ZodIssue

/** Fields whose content is repeated to nobody. */
const UNSAID = /value|secret|token|signature|challenge|base64|text/i
const VALUE_CHARACTERS = 60

/** `data` is what was sent. The code is input.unknown_field or input.invalid. */
export function invalidInput(issues: readonly Issue[], data: unknown): SekishoError {
  const [issue] = issues
  if (issue === undefined) return new SekishoError('input.invalid', { field: 'body', expected: 'kind' })
  if (issue.code === 'unrecognized_keys')
    return new SekishoError('input.unknown_field', {
      field: issue.keys.map((key) => [...issue.path, key].join('.')).join(', '),
    })
  const field = issue.path.join('.') || 'body'
  const sent = at(data, issue.path)
  const { expected, ...more } = expectedOf(issue, sent)
  const shown =
    typeof sent === 'string' && issue.code === 'invalid_format' && !UNSAID.test(field)
      ? { value: sent.slice(0, VALUE_CHARACTERS) }
      : {}
  return new SekishoError('input.invalid', { field, expected, ...more, ...shown })
}

const KINDS: Readonly<Record<string, Expected>> = {
  string: 'text',
  number: 'number',
  int: 'number',
  array: 'list',
  object: 'object',
  record: 'object',
}

function expectedOf(issue: Issue, sent: unknown): Detail & { readonly expected: Expected } {
  if (sent === undefined) return { expected: 'missing' }
  switch (issue.code) {
    case 'invalid_type':
      return { expected: KINDS[issue.expected] ?? 'kind' }
    case 'too_big':
      return { expected: LIMITS[issue.origin]?.most ?? 'at_most', limit: Number(issue.maximum) }
    case 'too_small':
      return issue.origin === 'string'
        ? { expected: 'empty' }
        : { expected: LIMITS[issue.origin]?.least ?? 'at_least', limit: Number(issue.minimum) }
    case 'invalid_value':
      return { expected: 'one_of', values: issue.values.map(String) }
    case 'invalid_format':
    case 'custom':
      // The contract names its shapes: the message is the name.
      return { expected: Object.hasOwn(INPUT_WORDS, issue.message) ? (issue.message as Expected) : 'kind' }
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return { expected: 'kind' }
  }
}

const LIMITS: Readonly<Record<string, { readonly most: Expected; readonly least: Expected }>> = {
  string: { most: 'too_long', least: 'empty' },
  array: { most: 'too_many', least: 'too_few' },
}

function at(data: unknown, path: readonly PropertyKey[]): unknown {
  let here = data
  for (const part of path) {
    if (Array.isArray(here) && typeof part === 'number') here = here[part] as unknown
    else if (isObject(here) && typeof part === 'string' && Object.hasOwn(here, part)) here = here[part]
    else return undefined
  }
  return here
}
