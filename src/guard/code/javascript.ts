// JavaScript and TypeScript: Node, Deno, Bun, the shell of MongoDB.
import { HOME } from '../path.ts'
import { text } from '../value.ts'
import { byWord, calling, client, fetching, HTTP_METHODS, libraries, requestOf } from './clients.ts'
import * as common from './common.ts'
import {
  connecting,
  evaluation,
  onPath,
  opening,
  path,
  programAndList,
  reading,
  say,
  shellText,
  transfer,
} from './effects.ts'
import type { Action, Language } from './language.ts'
import type { Reader } from './read.ts'
import { type Code, elementOf, NONE, named, plain, textOf } from './value.ts'

const { table } = common

const moduleNamed = (source: string): Code =>
  named(
    source
      .replace(/^node:/, '')
      .replace('fs/promises', 'fs')
      .replace(/^(?:fs-extra|graceful-fs)$/, 'fs'),
  )

/** `import x from 'y'`, `import { a as b } from 'y'`, `const { a: b } = …`. */
function statement(reader: Reader): boolean {
  const isImport = reader.is('import') && !reader.is('(', 1) && !reader.is('.', 1)
  if (!isImport && !((reader.is('const') || reader.is('let') || reader.is('var')) && reader.is('{', 1)))
    return false
  reader.at++
  const pairs: [string, string][] = []
  const whole: string[] = []
  let braces = false
  for (let turn = 0; turn < 100; turn++) {
    const token = reader.peek()
    if (token === undefined || reader.is('from') || reader.is('=') || token.kind === 'string') break
    reader.at++
    if (token.text === '{' || token.text === '}') braces = token.text === '{'
    if (token.kind !== 'name' || token.text === 'as') continue
    if (!braces) whole.push(token.text)
    else {
      const other = reader.take('as') || reader.take(':') ? reader.name() : token.text
      if (other !== undefined) pairs.push([token.text, other])
    }
  }
  if (!isImport && !reader.take('=')) return true
  reader.take('from')
  const right = reader.expression()
  const code = isImport ? moduleNamed(plain(right) ?? '') : right
  for (const name of whole) reader.bind(name, code)
  for (const [from, to] of pairs) reader.bind(to, reader.member(code, from))
  return true
}

/** A function handed to a method is called with what the method is on. */
const handing: Action = (reader, given) => {
  for (const one of given.all)
    if (one.name !== undefined && one.fields === undefined)
      reader.call(one, {
        all: [given.on.list === undefined ? given.on : elementOf(given.on)],
        named: new Map(),
        on: one.base ?? NONE,
      })
  return given.on
}

const requiring: Action = (_, given) => {
  const name = plain(given.all[0])
  return name === undefined ? NONE : moduleNamed(name)
}
const removing: Action = ({ tell }, given) => {
  const options = given.all[1]?.fields
  const recursive = options?.has('recursive') === true && plain(options.get('recursive')) !== 'false'
  onPath(tell, 'path.delete', given.all[0], recursive)
  return undefined
}
const buffer: Action = (reader, given) => {
  const encoding = plain(given.all[1])
  if (encoding === 'base64' || encoding === 'base64url') return common.decodeBase64(reader, given)
  if (encoding === 'hex') return common.fromHex(reader, given)
  return given.all[0]
}
/** `Bun.spawn([…])`, `new Deno.Command('x', { args: […] })` */
const command: Action = (reader, given) => {
  const list = given.all[1]?.fields?.get('args')
  return programAndList()(
    reader,
    list === undefined ? given : { ...given, all: [given.all[0] ?? NONE, list] },
  )
}
const runList: Action = (reader, given) => {
  const cmd = given.all[0]?.fields?.get('cmd')
  return programAndList()(reader, cmd === undefined ? given : { ...given, all: [cmd] })
}
const kill: Action = ({ tell }, given) => {
  say(tell, 'process.kill', { kind: 'process', by: 'pid', value: given.all[0]?.values?.[0] ?? text('') })
  return undefined
}
/** Without a path it is the one of the working directory. */
const dotenv: Action = (reader, given) => {
  const path =
    given.all[0]?.fields?.get('path') ?? (given.all[0]?.values === undefined ? undefined : given.all[0])
  return reading()(reader, { ...given, all: [path ?? textOf('.env')] })
}

export const JAVASCRIPT: Language = {
  name: 'node',
  syntax: {
    comments: ['//', '#!'],
    block: ['/*', '*/'],
    regex: true,
    dollar: true,
    ticks: 'string',
    interpolate: { marks: '`', way: 'script' },
    lines: true,
  },
  join: '+',
  gets: { words: ['process.argv', 'Bun.argv'], own: [1, 2], variables: ['process.env', 'Bun.env'] },
  roots: new Set(['globalThis', 'global', 'window', 'module', 'this', 'default', 'self']),
  statement,
  values: common.values({
    'process.env.HOME': { values: [HOME] },
    'process.mainModule.require': named('require'),
    'process.execPath': textOf('node'),
    'fs.promises': named('fs'),
    'fs.default': named('fs'),
    'axios.default': named('axios'),
    'got.default': named('got'),
    'node-fetch.default': named('node-fetch'),
    'child_process.default': named('child_process'),
    'import.meta.dirname': textOf('.'),
    __dirname: textOf('.'),
  }),
  calls: table(
    ['require import module.require process.getBuiltinModule createRequire', requiring],
    ['fs.unlink fs.unlinkSync fs.rmdir fs.rmdirSync fs.rm fs.rmSync Deno.remove Deno.removeSync', removing],
    [
      'fs.remove fs.removeSync fs.emptyDir fs.emptyDirSync fs.emptydirSync rimraf rimraf.sync rimraf.rimraf rimrafSync del deleteAsync',
      path('path.delete', 0, true),
    ],
    [
      'fs.writeFile fs.writeFileSync fs.truncate fs.truncateSync fs.createWriteStream fs.outputFile fs.outputFileSync fs.writeJson fs.writeJsonSync Deno.writeTextFile Deno.writeTextFileSync Deno.writeFile Deno.writeFileSync Deno.truncate Deno.create Bun.write',
      path('path.write'),
    ],
    ['fs.appendFile fs.appendFileSync', path('path.append')],
    ['fs.mkdir fs.mkdirSync fs.mkdtemp Deno.mkdir', path('path.create')],
    ['fs.open fs.openSync Deno.open', opening()],
    [
      'fs.readFile fs.readFileSync fs.createReadStream fs.readJson fs.readJsonSync Deno.readTextFile Deno.readTextFileSync Deno.readFile Deno.readFileSync Bun.file',
      reading(),
    ],
    ['process.loadEnvFile dotenv.config dotenv.configDotenv', dotenv],
    ['fs.readdir fs.readdirSync Deno.readDir Deno.readDirSync', common.entries],
    ['fs.rename fs.renameSync fs.move fs.moveSync Deno.rename Deno.renameSync', transfer('path.move')],
    ['fs.copyFile fs.copyFileSync fs.cp fs.cpSync fs.copy fs.copySync Deno.copyFile', transfer('path.read')],
    ['fs.symlink fs.symlinkSync fs.link fs.linkSync Deno.symlink Deno.link', transfer('path.link')],
    ['fs.chmod fs.chmodSync Deno.chmod', path('path.chmod')],
    ['fs.chown fs.chownSync Deno.chown', path('path.chown')],
    ['path.join path.resolve', common.joinPath],
    ['path.normalize os.homedir.toString', common.same],
    ['os.homedir', () => ({ values: [HOME] })],
    ['glob.sync globSync glob fs.globSync', common.glob],
    ['child_process.exec child_process.execSync execa.execaCommand shelljs.exec shell.exec', shellText()],
    [
      'child_process.spawn child_process.spawnSync child_process.execFile child_process.execFileSync execa execa.execa cross-spawn cross-spawn.sync Bun.spawn Bun.spawnSync',
      runList,
    ],
    ['Deno.Command Deno.run', command],
    ['child_process.fork', path('path.exec')],
    ['$ Bun.$ execa.$ zx.$', shellText()],
    ['eval Function vm.runInNewContext vm.runInThisContext vm.runInContext vm.Script', evaluation],
    [
      'setTimeout setInterval',
      (reader, given) => (given.all[0]?.values === undefined ? undefined : evaluation(reader, given)),
    ],
    ['Buffer.from', buffer],
    ['atob', common.decodeBase64],
    ['String.fromCharCode String.fromCodePoint', common.character],
    ['String JSON.stringify decodeURIComponent unescape Array.from', common.same],
    ['process.kill Deno.kill', kill],
    [
      'fetch axios axios.get axios.request http.get https.get http.request https.request got got.get node-fetch cross-fetch isomorphic-fetch undici.fetch undici.request $fetch ofetch ofetch.ofetch ofetch.$fetch request request.get needle.get @http',
      fetching,
    ],
    ['needle superagent XMLHttpRequest().open', byWord],
    [
      'Request',
      (reader, given) => requestOf(plain(given.all[1]?.fields?.get('method')) ?? 'GET')(reader, given),
    ],
    ['axios.create got.extend ky.create ky.extend ofetch.create undici.Client undici.Pool', client],
    ...libraries('axios got superagent ky needle request'),
    ['superagent.del request.del', calling('delete')],
    ['net.connect net.createConnection net.Socket tls.connect Deno.connect', connecting],
    [
      'process.chdir Deno.chdir',
      ({ tell }, given) => {
        const value = given.all[0]?.values?.[0]
        const { shell } = tell.call
        if (!tell.quiet && value !== undefined) shell.state = { ...shell.state, cwd: shell.paths(value) }
        return undefined
      },
    ],
  ),
  methods: table(
    ...common.DATABASE_METHODS,
    ...HTTP_METHODS,
    ['execSync', shellText()],
    ['spawnSync execFileSync', runList],
    ['rmSync rmdirSync unlinkSync', removing],
    ['writeFileSync', path('path.write')],
    ['appendFileSync', path('path.append')],
    ['readFileSync', reading()],
    [
      'toString trim toLowerCase toUpperCase text json arrayBuffer valueOf normalize trimEnd trimStart',
      common.sameBase,
    ],
    [
      'join',
      (reader, given) =>
        given.on.list === undefined ? common.joinPath(reader, given) : common.joinList(reader, given),
    ],
    ['split', common.splitText],
    ['replace replaceAll', common.replaceText],
    [
      'concat',
      (_, given) =>
        given.all.reduce(
          (all, one) => ({
            values: (all.values ?? [[]]).flatMap((a) => (one.values ?? [[]]).map((b) => [...a, ...b])),
          }),
          given.on,
        ),
    ],
    ['then map forEach filter each', handing],
  ),
}
