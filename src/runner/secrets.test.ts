// What opens a repository of backups is kept beside the values of variables, and never given to what may name those.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decode } from '../base/decode.ts'
import type { ServiceName } from '../base/id.ts'
import { adminRequest } from '../seal/requests.ts'
import { Secrets } from './secrets.ts'

const SERVICE = 'app' as ServiceName

test('a credential of a copy has versions, is listed by its name, is redacted, and no change can name it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sekisho-secrets-'))
  try {
    const secrets = new Secrets(directory, Buffer.alloc(32, 1))
    await secrets.put(SERVICE, 'PASSWORD', Buffer.from('of a variable'))
    await secrets.put(SERVICE, 'backup/far', Buffer.from('old'))
    const put = await secrets.put(SERVICE, 'backup/far', Buffer.from('new'))
    expect(put).toMatchObject({ reference: 'app/backup/far', version: 2 })
    expect((await secrets.list(SERVICE)).map(({ key, version }) => [key, version])).toEqual([
      ['PASSWORD', 1],
      ['backup/far', 2],
    ])
    expect((await secrets.ofBackup(SERVICE, 'far'))?.toString()).toBe('new')
    expect(await secrets.ofBackup(SERVICE, 'other')).toBeUndefined()
    expect((await secrets.all()).map(String).sort()).toEqual(['new', 'of a variable', 'old'])
    for (const reference of ['app/backup/far', 'app/backup@far'])
      await expect(secrets.newest(reference), reference).rejects.toMatchObject({
        code: 'judge.secret_missing',
      })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

test.each([
  ['PASSWORD', true],
  ['backup/far', true],
  ['backup/far.known_hosts', true],
  ['backup/', false],
  ['backup/../x', false],
  ['backup/a/b', false],
  ['other/far', false],
])('the door takes the key %s: %s', (key, taken) => {
  const asked = decode(adminRequest, { verb: 'secret', service: 'app', key, base64: 'eA==' })
  expect(asked.ok).toBe(taken)
})
