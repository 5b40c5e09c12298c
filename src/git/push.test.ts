// Which addresses a push takes.
import { expect, test } from 'vitest'
import { schemeOf } from './push.ts'

test.each([
  ['git@github.com:a/b.git', 'ssh'],
  ['ssh://git@host/a', 'ssh'],
  ['https://host/a', 'https'],
  ['/srv/a.git', 'file'],
  ['-oProxyCommand=x', undefined],
  ['ssh://-oProxyCommand=x/a', undefined],
  ['ext::sh -c x', undefined],
  ['host:-a', undefined],
  ['fd::3', undefined],
])('%s', (url, scheme) => {
  expect(schemeOf(url)).toBe(scheme)
})
