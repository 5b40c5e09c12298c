import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePublicKey } from '../base/sign.ts'
import { editPolicy, type PolicyEdit } from './edit.ts'
import { readPolicy } from './read.ts'

const folder = fileURLToPath(new URL('../../tests/policy/good/', import.meta.url))
const good = (name: string) => readFileSync(`${folder}${name}.yaml`, 'utf8')
const commented = good('12-other-order-and-comments')
const keyOf = (name: string, n = 0) => {
  const read = readPolicy(good(name))
  if (!read.ok) throw new Error(name)
  const key = read.compiled.runner.people[n]?.keys[0]
  if (key === undefined) throw new Error(name)
  return key
}
const ops2 = keyOf('03-team', 2).public
const edited = (text: string, edit: PolicyEdit) => {
  const answer = editPolicy(text, edit)
  if (!answer.ok) throw new Error(JSON.stringify(answer))
  return answer
}
const peopleOf = (text: string) => {
  const read = readPolicy(text)
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  return read.compiled.runner
}

describe('editing keeps what the owner wrote', () => {
  test('every comment is still there, and lines that are not meant stay as they are', () => {
    const { text } = edited(commented, {
      kind: 'addPerson',
      id: 'ops2',
      roles: ['approver'],
      key: { public: ops2 },
    })
    for (const comment of commented.match(/#.*/g) ?? []) expect(text).toContain(comment)
    const services = commented.slice(commented.indexOf('services:'), commented.indexOf('policy:'))
    expect(text.replace(/\{\s+/g, '{ ')).toContain(services.trim().split('\n').at(-1)?.trim())
    expect(peopleOf(text).people.map(({ id }) => id)).toEqual(['ops1', 'ops2'])
  })

  test('the first person is the owner; the second makes that visible', () => {
    const empty = 'lang: en\nservices:\n  mirai: {}\npeople:\n'
    const first = edited(empty, { kind: 'addPerson', id: 'ops1', key: { public: ops2 } })
    expect(first.problems).toEqual([])
    expect(peopleOf(first.text).people[0]?.roles).toEqual(['owner'])
    const second = edited(good('01-smallest'), { kind: 'addPerson', id: 'ops2', roles: ['viewer'] })
    expect(peopleOf(second.text).people.map(({ id, roles }) => [id, ...roles])).toEqual([
      ['ops1', 'owner'],
      ['ops2', 'viewer'],
    ])
  })

  test('a file of nothing gets its people', () => {
    for (const text of ['', '# nothing yet\n', 'people: {}\n', 'people:\n']) {
      const { text: made, problems } = edited(text, { kind: 'addPerson', id: 'ops1', key: { public: ops2 } })
      expect(made).toContain('ops1:')
      expect(problems.map(({ code }) => code)).toEqual(['key.missing'])
    }
  })

  test('a key is added, then revoked by its fingerprint, and stays listed', () => {
    const added = edited(good('01-smallest'), {
      kind: 'addKey',
      person: 'ops1',
      key: { public: ops2, class: 'device' },
    })
    expect(peopleOf(added.text).people[0]?.keys).toHaveLength(2)
    const first = keyOf('01-smallest').fingerprint
    const revoked = edited(added.text, { kind: 'revokeKey', fingerprint: first })
    const keys = peopleOf(revoked.text).people[0]?.keys ?? []
    expect(keys.map(({ fingerprint, revoked: gone }) => [fingerprint === first, gone])).toContainEqual([
      true,
      true,
    ])
    expect(keys).toHaveLength(2)
  })

  test('somebody who stands there without a key gets the first one by person add', () => {
    const text = 'lang: en\nservices:\n  mirai: {}\npeople:\n  ops1:\n    roles: [owner]\n    # keys: …\n'
    const added = edited(text, { kind: 'addPerson', id: 'ops1', key: { public: ops2 } })
    expect(added.problems).toEqual([])
    expect(added.text).toContain('# keys: …')
    expect(editPolicy(added.text, { kind: 'addPerson', id: 'ops1', key: { public: ops2 } }).ok).toBe(false)
  })

  test('revoking the last key is written and says what an apply would refuse', () => {
    const answer = edited(good('01-smallest'), {
      kind: 'revokeKey',
      fingerprint: keyOf('01-smallest').fingerprint,
    })
    expect(answer.problems.map(({ code }) => code)).toEqual(['approve.nobody'])
  })

  test('an agent is added for the only person, paused, and taken up again', () => {
    const added = edited(good('01-smallest'), { kind: 'addAgent', id: 'claude', model: 'opus' })
    expect(peopleOf(added.text).agents).toMatchObject([{ id: 'claude', sponsor: 'ops1', paused: false }])
    const paused = edited(added.text, { kind: 'pauseAgent', id: 'claude', paused: true })
    expect(peopleOf(paused.text).agents[0]?.paused).toBe(true)
    const again = edited(paused.text, { kind: 'pauseAgent', id: 'claude', paused: false })
    expect(again.text).toBe(added.text)
  })

  test('the level is set where no policy was written', () => {
    expect(peopleOf(edited(good('01-smallest'), { kind: 'setLevel', level: 'guard' }).text).rules.level).toBe(
      'guard',
    )
  })

  test('a person is removed, but not the sponsor of an agent', () => {
    const removed = edited(good('03-team'), { kind: 'removePerson', id: 'aud' })
    expect(peopleOf(removed.text).people.map(({ id }) => id)).toEqual(['ops1', 'ops2', 'ops3'])
    expect(editPolicy(good('02-product-page'), { kind: 'removePerson', id: 'ops1' })).toMatchObject({
      ok: false,
      detail: { why: 'is_sponsor', other: 'claude' },
    })
  })

  test('whoever is removed, the first or the last, every comment of the file stays', () => {
    const source = [
      '# top',
      'people: # everybody',
      '  # the first',
      '  ops1: # Hanako',
      '    # what she may',
      '    roles: [owner] # all',
      '  # the second',
      '  ops2:',
      '    roles: [viewer]',
      '    # until spring',
      '# below',
      'services: {} # none yet',
      '',
    ].join('\n')
    const comments = (text: string) => (text.match(/# [^\n]+/g) ?? []).sort()
    const remove = (text: string, id: string) => edited(text, { kind: 'removePerson', id }).text
    for (const order of [
      ['ops1', 'ops2'],
      ['ops2', 'ops1'],
    ]) {
      const last = order.reduce(remove, source)
      expect(comments(last)).toEqual(comments(source))
      const again = edited(last, { kind: 'addPerson', id: 'ops3', roles: ['owner'] }).text
      expect(comments(again)).toEqual(comments(source))
      expect(again).toMatch(/^ {2}ops3:/m)
    }
  })

  test.each<[string, string, PolicyEdit]>([
    ['a person twice', '01-smallest', { kind: 'addPerson', id: 'ops1' }],
    ['a person with the name of an agent', '02-product-page', { kind: 'addPerson', id: 'claude' }],
    ['a name that is none', '01-smallest', { kind: 'addPerson', id: 'Ops 2' }],
    ['a key that is none', '01-smallest', { kind: 'addKey', person: 'ops1', key: { public: 'ssh-rsa x' } }],
    ['a key of nobody', '01-smallest', { kind: 'addKey', person: 'ops9', key: { public: ops2 } }],
    ['a key of another', '03-team', { kind: 'addKey', person: 'ops1', key: { public: ops2 } }],
    ['an unknown fingerprint', '01-smallest', { kind: 'revokeKey', fingerprint: 'SHA256:x' }],
    ['an agent without a sponsor to guess', '03-team', { kind: 'addAgent', id: 'claude' }],
    ['a sponsor who is not there', '01-smallest', { kind: 'addAgent', id: 'claude', sponsor: 'ops9' }],
    ['an agent that is not there', '01-smallest', { kind: 'pauseAgent', id: 'claude', paused: true }],
    ['a person who is not there', '01-smallest', { kind: 'removePerson', id: 'ops9' }],
  ])('%s: refused', (_, name, edit) => {
    expect(editPolicy(good(name), edit)).toMatchObject({ ok: false, code: 'config.not_edited' })
  })

  test('text that is no YAML is refused, never thrown at', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        editPolicy(text, { kind: 'addPerson', id: 'ops1', key: { public: ops2 } })
      }),
    )
    expect(editPolicy('['.repeat(20_000), { kind: 'setLevel', level: 'guard' }).ok).toBe(false)
  })

  test('the key line that was given is the key that counts', () => {
    const read = parsePublicKey(ops2)
    const { text } = edited(good('01-smallest'), {
      kind: 'addKey',
      person: 'ops1',
      key: { public: `${ops2} laptop\n` },
    })
    const prints = peopleOf(text).people[0]?.keys.map(({ fingerprint }) => fingerprint)
    expect(prints).toContain(read.ok ? read.key.fingerprint : '')
  })
})
