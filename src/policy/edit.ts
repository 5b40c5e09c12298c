// Editing sekisho.yaml for `person`, `key` and `agent`, with every comment of its owner kept. The answer is the new text, judged as a
// whole; nothing holds until `config apply`.
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
  Scalar,
  visit,
  YAMLMap,
  YAMLSeq,
} from 'yaml'
import { type Answer, type Refused, refused } from '../base/error.ts'
import { isActorId } from '../base/id.ts'
import type { PolicyProblem } from '../base/policy-problem.ts'
import { parsePublicKey } from '../base/sign.ts'
import type { KeyClass, Role } from '../plans/policy.ts'
import { readPolicy } from './read.ts'

export type PolicyEdit =
  | {
      readonly kind: 'addPerson'
      readonly id: string
      readonly name?: string
      /** Left out: owner for the first person, requester for others. */
      readonly roles?: readonly Role[]
      readonly services?: readonly string[]
      readonly key?: NewKey
    }
  | { readonly kind: 'removePerson'; readonly id: string }
  /** `person`: an agent too, whose key signs nothing but what it wrote. */
  | { readonly kind: 'addKey'; readonly person: string; readonly key: NewKey }
  /** By fingerprint (`SHA256:…`). The line stays: a key revoked since never counts. */
  | { readonly kind: 'revokeKey'; readonly fingerprint: string }
  | {
      readonly kind: 'addAgent'
      readonly id: string
      readonly name?: string
      readonly model?: string
      readonly sponsor?: string
      readonly key?: NewKey
    }
  | { readonly kind: 'pauseAgent'; readonly id: string; readonly paused: boolean }
  | { readonly kind: 'setLevel'; readonly level: 'observe' | 'guard' | 'enforce' }

export interface NewKey {
  readonly public: string
  readonly class?: KeyClass
  readonly demo?: boolean
}

export type Edited = Answer<{
  readonly text: string
  /** What `config apply` would still refuse. The file may be edited step by step. */
  readonly problems: readonly PolicyProblem[]
}>

/** Total: refuses what is not there, is there already, or cannot be read as YAML. */
export function editPolicy(source: string, edit: PolicyEdit): Edited {
  const document = open(source)
  if (
    document === undefined ||
    document.errors.length > 0 ||
    (document.contents !== null && !isMap(document.contents))
  )
    return refused('config.not_edited', { name: 'sekisho.yaml', why: 'not_yaml', other: '' })
  const done = change(document, edit)
  if (done !== undefined) return done
  const whole = document.toString({ lineWidth: 0, flowCollectionPadding: true })
  const text = edit.kind === 'addKey' ? withoutProposal(whole, edit.person) : whole
  const read = readPolicy(text)
  return { ok: true, text, problems: read.ok ? [] : read.problems }
}

/** Undefined where the text is nested so deeply that the reader gives up. */
function open(source: string): Document | undefined {
  try {
    return parseDocument(source, { logLevel: 'error', schema: 'core', version: '1.2' })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

type Failed = Refused | undefined

type Why =
  | 'not_yaml'
  | 'name'
  | 'exists'
  | 'no_person'
  | 'no_agent'
  | 'no_key'
  | 'key_taken'
  | 'key_unreadable'
  | 'sponsor_needed'
  | 'is_sponsor'

const no = (name: string, why: Why, other = ''): Failed => refused('config.not_edited', { name, why, other })

function change(document: Document, edit: PolicyEdit): Failed {
  switch (edit.kind) {
    case 'addPerson':
      return addPerson(document, edit)
    case 'removePerson':
      return removePerson(document, edit.id)
    case 'addKey':
      return addKey(document, edit.person, edit.key)
    case 'revokeKey':
      return revokeKey(document, edit.fingerprint)
    case 'addAgent':
      return addAgent(document, edit)
    case 'pauseAgent': {
      if (!document.hasIn(['agents', edit.id])) return no(edit.id, 'no_agent')
      const agent = document.getIn(['agents', edit.id])
      if (!isMap(agent)) document.setIn(['agents', edit.id], document.createNode({ paused: edit.paused }))
      else if (edit.paused) agent.set('paused', true)
      else agent.delete('paused')
      return undefined
    }
    case 'setLevel':
      document.setIn(['policy', 'level'], edit.level)
      return undefined
  }
}

function addPerson(document: Document, edit: PolicyEdit & { readonly kind: 'addPerson' }): Failed {
  const { id } = edit
  if (!isActorId(id)) return no(id, 'name')
  if (document.hasIn(['agents', id])) return no(id, 'exists')
  // The owner whom `init` wrote down waits for the key alone.
  if (document.hasIn(['people', id]))
    return edit.key !== undefined && hasNoKey(document, id)
      ? addKey(document, id, edit.key)
      : no(id, 'exists')
  const people = section(document, 'people')
  if (people === undefined) return no('people', 'not_yaml')
  // The only person was the owner without saying so; beside a second one it must be said.
  for (const { value } of people.items)
    if (isMap(value) && !value.has('roles')) value.set('roles', flow(document, ['owner']))
  const roles = edit.roles ?? (people.items.length === 0 ? ['owner'] : ['requester'])
  const person = new YAMLMap()
  if (edit.name !== undefined) person.set('name', edit.name)
  person.set('roles', flow(document, roles))
  if (edit.services !== undefined && edit.services.length > 0)
    person.set('services', flow(document, edit.services))
  people.set(id, person)
  return edit.key === undefined ? undefined : addKey(document, id, edit.key)
}

function hasNoKey(document: Document, id: string): boolean {
  const keys = document.getIn(['people', id, 'keys'])
  return !isSeq(keys) || keys.items.length === 0
}

function removePerson(document: Document, id: string): Failed {
  if (!document.hasIn(['people', id])) return no(id, 'no_person')
  const agents = document.get('agents')
  if (isMap(agents))
    for (const { key, value } of agents.items)
      if (isMap(value) && value.get('sponsor') === id) return no(id, 'is_sponsor', nameOf(key))
  const people = document.get('people')
  if (isMap(people)) takeOut(people, id)
  return undefined
}

/** The pair goes, its comments stay where they stood: they are the owner's words, and perhaps about more than this pair. */
function takeOut(map: YAMLMap, name: string): void {
  const at = map.items.findIndex(({ key }) => nameOf(key) === name)
  const [pair] = map.items.splice(at, 1)
  if (pair === undefined) return
  const kept: string[] = []
  for (const part of [pair.key, pair.value])
    if (isNode(part))
      visit(part, (_, node) => {
        if (!isNode(node)) return
        kept.push(...given(node.commentBefore), ...given(node.comment))
      })
  if (kept.length === 0) return
  const after = map.items[at]?.key
  if (isNode(after)) after.commentBefore = [...kept, ...given(after.commentBefore)].join('\n')
  else map.comment = [...kept, ...given(map.comment)].join('\n')
}

const given = (comment: string | null | undefined) => (typeof comment === 'string' ? [comment] : [])

function addKey(document: Document, id: string, key: NewKey): Failed {
  const among = document.hasIn(['agents', id]) ? 'agents' : 'people'
  const person = document.getIn([among, id])
  if (!document.hasIn([among, id])) return no(id, 'no_person')
  const read = parsePublicKey(key.public)
  if (!read.ok) return no(id, 'key_unreadable', read.why)
  const line = key.public.trim()
  const owner = ownerOf(document, read.key.fingerprint)
  if (owner !== undefined) return no(id, 'key_taken', owner.person)
  const holder = isMap(person) ? person : new YAMLMap()
  if (!isMap(person)) document.setIn([among, id], holder)
  let keys = holder.get('keys')
  if (!isSeq(keys)) {
    keys = new YAMLSeq()
    holder.set('keys', keys)
  }
  if (isSeq(keys)) {
    keys.flow = false
    keys.add(
      flow(document, {
        public: line,
        class: key.class ?? 'file',
        ...(key.demo === true ? { demo: true } : {}),
      }),
    )
  }
  return undefined
}

const PROPOSED = /^\s*# keys: \[ .* \]$/

/** Above a key that is in force nobody is told any more to put one there: the proposal of `init` goes, each with the sentence before it. */
function withoutProposal(text: string, person: string): string {
  const lines = text.split('\n')
  const from = lines.findIndex(
    (line) =>
      /^ {2}\S/.test(line) &&
      line
        .trim()
        .replace(/:$/, '')
        .replace(/^(['"])(.*)\1$/, '$2') === person,
  )
  const length = lines.slice(from + 1).findIndex((line) => !/^ {4}/.test(line))
  const until = length < 0 ? lines.length : from + 1 + length
  if (from < 0) return text
  const gone = (i: number) => i > from && i < until && PROPOSED.test(lines[i] ?? '')
  return lines.filter((line, i) => !gone(i) && !(gone(i + 1) && /^\s*#/.test(line))).join('\n')
}

function revokeKey(document: Document, fingerprint: string): Failed {
  const found = ownerOf(document, fingerprint)
  if (found === undefined) return no(fingerprint, 'no_key')
  const item = found.keys.items[found.index]
  if (isMap(item)) item.set('revoked', true)
  else
    found.keys.items[found.index] = flow(document, {
      public: isScalar(item) ? String(item.value) : String(item),
      revoked: true,
    })
  return undefined
}

function addAgent(document: Document, edit: PolicyEdit & { readonly kind: 'addAgent' }): Failed {
  const { id } = edit
  if (!isActorId(id)) return no(id, 'name')
  if (document.hasIn(['agents', id]) || document.hasIn(['people', id])) return no(id, 'exists')
  const agents = section(document, 'agents')
  if (agents === undefined) return no('agents', 'not_yaml')
  const people = document.get('people')
  const only = isMap(people) && people.items.length === 1 ? nameOf(people.items[0]?.key) : undefined
  const sponsor = edit.sponsor ?? only
  if (sponsor === undefined || !document.hasIn(['people', sponsor]))
    return no(id, 'sponsor_needed', edit.sponsor ?? '')
  const agent = new YAMLMap()
  if (edit.name !== undefined) agent.set('name', edit.name)
  if (edit.model !== undefined) agent.set('model', edit.model)
  agent.set('sponsor', sponsor)
  agents.set(id, agent)
  return edit.key === undefined ? undefined : addKey(document, id, edit.key)
}

/** A section of the file, made where it is missing or empty. */
function section(document: Document, name: string): YAMLMap | undefined {
  if (document.contents === null) document.contents = new YAMLMap() as never
  const found = document.get(name)
  if (isMap(found)) {
    if (found.items.length === 0) found.flow = false
    return found
  }
  if (found !== undefined && found !== null && !(isScalar(found) && found.value === null)) return undefined
  const made = new YAMLMap()
  document.set(name, made)
  return made
}

function flow(document: Document, value: unknown) {
  return document.createNode(value, { flow: true })
}

function nameOf(key: unknown): string {
  return key instanceof Scalar ? String(key.value) : String(key)
}

/** Where a key stands, whether in the long form or as its line alone. */
function ownerOf(
  document: Document,
  fingerprint: string,
): { readonly person: string; readonly keys: YAMLSeq; readonly index: number } | undefined {
  const named = ['people', 'agents'].flatMap((among) => {
    const found = document.get(among)
    return isMap(found) ? found.items : []
  })
  for (const { key, value } of named) {
    const keys = isMap(value) ? value.get('keys') : undefined
    if (!isSeq(keys)) continue
    for (const [index, item] of keys.items.entries()) {
      const line = isMap(item) ? item.get('public') : isScalar(item) ? item.value : undefined
      const read = typeof line === 'string' ? parsePublicKey(line) : undefined
      if (read?.ok && read.key.fingerprint === fingerprint) return { person: nameOf(key), keys, index }
    }
  }
  return undefined
}
