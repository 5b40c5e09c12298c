import { expect, test } from 'vitest'
import { diffText } from './diff.ts'
import { envBacks, envOptions } from './env-back.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

test('added variables are removed again; of changed and removed ones the earlier value has to be given', () => {
  const diff = diffText([
    { kind: 'write', path: '/etc/a.conf', before: bytes('A\n'), after: bytes('B\n') },
    { kind: 'write', path: '/etc/empty', before: bytes('A\n'), after: bytes('') },
    { kind: 'env', path: '/srv/.env', added: ['NEW'], changed: ['TOKEN'], removed: ['OLD'] },
  ])
  const backs = envBacks(diff)
  expect(backs).toEqual([{ path: '/srv/.env', added: ['NEW'], valued: ['OLD', 'TOKEN'] }])
  expect(backs.map(envOptions)).toEqual(['--env /srv/.env --set OLD=VALUE --set TOKEN=VALUE --unset NEW'])
})

test('no other file is taken for one of variables', () => {
  const files = diffText([
    { kind: 'write', path: '/etc/a', before: bytes('A'), after: new Uint8Array([0, 1]) },
    { kind: 'link', path: '/etc/l', target: '/etc/a' },
    { kind: 'delete', path: '/etc/d', before: bytes('A\n') },
    { kind: 'act', line: 'restart mirai.service' },
  ])
  expect(envBacks(files)).toEqual([])
})
