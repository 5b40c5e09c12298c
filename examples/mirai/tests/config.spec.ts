import assert from 'node:assert/strict'
import { test } from 'node:test'
import { publicSettings, readConfig } from '../src/config.ts'

test('settings have defaults', () => {
  const config = readConfig({})
  assert.equal(config.port, 8080)
  assert.equal(config.uploadLimitMb, 2)
  assert.equal(config.faults, false)
  assert.equal(config.storage, 'json')
})

for (const [key, value] of [
  ['PORT', '80a'],
  ['PORT', '65536'],
  ['UPLOAD_LIMIT_MB', '0'],
  ['UPLOAD_LIMIT_MB', '-1'],
  ['SESSION_MINUTES', '1.5'],
  ['LOG_LEVEL', 'loud'],
  ['MIRAI_STORAGE', 'paper'],
] as const)
  test(`${key}=${value} stops the start and names the key`, () => {
    assert.throws(() => readConfig({ [key]: value }), new RegExp(`^Error: ${key}=${value}: use `))
  })

test('what anybody may see holds no path and no password', () => {
  const shown = JSON.stringify(
    publicSettings(readConfig({ FIRST_PASSWORD: 'secret-word', UPLOAD_LIMIT_MB: '8' })),
  )
  assert.match(shown, /"uploadLimitMb":8/)
  assert.doesNotMatch(shown, /secret-word|\//)
})
