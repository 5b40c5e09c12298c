// Lua, R, Julia, Elixir: small tables.
import { HOME } from '../path.ts'
import { calling, fetching, HTTP_METHODS } from './clients.ts'
import * as common from './common.ts'
import {
  download,
  evaluation,
  opening,
  path,
  paths,
  reading,
  shellText,
  startWords,
  transfer,
} from './effects.ts'
import type { Action, Language } from './language.ts'
import { named, plain } from './value.ts'

const { table } = common

/** `http.request(url)`, `http.request(url, body)`, `http.request{ url = …, method = … }`. */
const luaRequest: Action = (reader, given) => {
  const [first, body] = given.all
  return first?.fields === undefined && body !== undefined
    ? calling('POST')(reader, given)
    : fetching(reader, given)
}

export const LUA: Language = {
  name: 'lua',
  syntax: { comments: ['--'], brackets: true, lines: true },
  join: '..',
  gets: { words: ['arg'], own: [1, 1], variables: [] },
  roots: new Set(['_G', '_ENV']),
  values: common.values({}),
  calls: table(
    ['os.getenv', common.variable],
    ['os.execute io.popen vim.fn.system vim.cmd', shellText()],
    ['os.remove lfs.rmdir', path('path.delete')],
    ['os.rename', transfer('path.move')],
    ['io.open io.output', opening()],
    ['io.lines io.input', reading()],
    ['dofile loadfile', path('path.exec')],
    ['load loadstring', evaluation],
    ['require', (_, given) => named(plain(given.all[0]) ?? '')],
    ['http.request https.request socket.http.request ssl.https.request', luaRequest],
    ['string.char', common.character],
    ['string.reverse', common.reversed],
    ['table.concat', common.joinList],
    ['string.format', common.formatText],
  ),
  methods: table(...common.DATABASE_METHODS, ['read', common.sameBase]),
}

export const R: Language = {
  name: 'R',
  syntax: { comments: ['#'], lines: true },
  join: '',
  // A dot is a letter of R's names.
  roots: new Set(['base', 'utils']),
  values: common.values({}),
  calls: table(
    ['system shell base.system', shellText()],
    [
      'system2',
      ({ tell }, given) =>
        startWords(tell, [given.all[0] ?? {}, ...(given.all[1]?.list ?? given.all.slice(1, 2))]),
    ],
    [
      'unlink',
      (reader, given) =>
        path('path.delete', 0, (given.named.get('recursive')?.name ?? '').startsWith('T'))(reader, given),
    ],
    ['file.remove', paths('path.delete')],
    ['file.rename', transfer('path.move')],
    ['file.copy', transfer('path.read')],
    ['writeLines write write.csv write.table saveRDS', path('path.write', 1)],
    ['readLines readRDS read.csv read.table readr.read_csv scan', reading()],
    ['file.create dir.create', path('path.create')],
    ['source', path('path.exec')],
    ['download.file', download],
    ['eval', evaluation],
    ['parse', (_, given) => given.named.get('text')],
    ['paste0 file.path', common.joinPath],
  ),
  methods: table(...HTTP_METHODS, [
    'dbExecute dbSendQuery dbGetQuery',
    (reader, given) => common.DATABASE_METHODS.get('query')?.(reader, { ...given, all: given.all.slice(1) }),
  ]),
}

export const JULIA: Language = {
  name: 'julia',
  syntax: { comments: ['#'], block: ['#=', '=#'], triple: true, ticks: 'command', lines: true },
  join: '*',
  gets: { words: ['ARGS', 'Base.ARGS'], own: [0, 0], variables: ['ENV'] },
  values: common.values({}),
  calls: table(
    ['@command', shellText()],
    ['rm', (reader, given) => path('path.delete', 0, given.named.has('recursive'))(reader, given)],
    ['mv cp', transfer('path.move')],
    ['open', opening()],
    ['write', path('path.write')],
    ['read readlines', reading()],
    ['include', path('path.exec')],
    ['download', download],
    ['homedir', () => ({ values: [HOME] })],
    ['joinpath', common.joinPath],
  ),
  methods: table(...HTTP_METHODS),
}

export const ELIXIR: Language = {
  name: 'elixir',
  syntax: { comments: ['#'], triple: true, lines: true, interpolate: { marks: '"', way: 'ruby' } },
  join: '<>',
  bare: true,
  signed: true,
  values: common.values({}),
  calls: table(
    ['os.cmd', shellText()],
    ['System.shell', shellText()],
    [
      'System.cmd',
      ({ tell }, given) => startWords(tell, [given.all[0] ?? {}, ...(given.all[1]?.list ?? [])]),
    ],
    ['File.rm File.rmdir', path('path.delete')],
    ['File.rm_rf', path('path.delete', 0, true)],
    ['File.write', path('path.write')],
    ['File.read', reading()],
    ['File.rename File.cp File.cp_r', transfer('path.move')],
    ['Code.eval_string', evaluation],
    ['Code.eval_file', path('path.exec')],
  ),
  methods: table(
    ...HTTP_METHODS,
    ['rm_rf', path('path.delete', 0, true)],
    ['delete_all', (reader, given) => common.DATABASE_METHODS.get('delete_all')?.(reader, given)],
  ),
}
