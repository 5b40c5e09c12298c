import { expect, test } from 'vitest'
import { createDatabase, localeInDump, localeText } from './locale.ts'

const C = { encoding: 'UTF8', collate: 'C', ctype: 'C.UTF-8' }

test('a database is made with provider, locale and rules, as the release of its server writes them', () => {
  const made = (major: number, locale?: Parameters<typeof localeText>[0]['locale']) =>
    createDatabase(
      { name: 'a"b', owner: 'app', major },
      { ...C, ...(locale === undefined ? {} : { locale }) },
    ).replace(
      `CREATE DATABASE "a""b" OWNER "app" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'`,
      '…',
    )
  expect(made(14)).toBe('…')
  // The template of a cluster may be of ICU: libc is said.
  expect(made(15)).toBe('… LOCALE_PROVIDER "libc"')
  expect(made(16, { provider: 'icu', name: 'de', rules: "&V < 'w'" })).toBe(
    `… LOCALE_PROVIDER "icu" ICU_LOCALE 'de' ICU_RULES '&V < ''w'''`,
  )
  expect(made(17, { provider: 'builtin', name: 'C.UTF-8' })).toBe(
    `… LOCALE_PROVIDER "builtin" BUILTIN_LOCALE 'C.UTF-8'`,
  )
})

test('the locale of a copy of before is read from the statement in its dump', () => {
  const statement = (rest: string) =>
    `CREATE DATABASE shop WITH TEMPLATE = template0 ENCODING = 'UTF8'${rest};`
  expect(localeInDump(statement(` LC_COLLATE = 'C' LC_CTYPE = 'C'`))).toEqual({ provider: 'libc' })
  expect(localeInDump(statement(` LOCALE_PROVIDER = libc LOCALE = 'ja_JP.UTF-8'`))).toEqual({
    provider: 'libc',
  })
  expect(
    localeInDump(
      statement(` LOCALE_PROVIDER = icu LOCALE = 'C' ICU_LOCALE = 'de' ICU_RULES = E'&V <\\\\ ''w'''`),
    ),
  ).toEqual({ provider: 'icu', name: 'de', rules: String.raw`&V <\ 'w'` })
  expect(
    localeInDump(statement(` LOCALE_PROVIDER = builtin LOCALE = 'C' BUILTIN_LOCALE = 'C.UTF-8'`)),
  ).toEqual({
    provider: 'builtin',
    name: 'C.UTF-8',
  })
  expect(localeText({ ...C, locale: { provider: 'icu', name: 'de' } })).toBe('icu de C C.UTF-8')
})
