// Python.
import { HOME, literalPath } from '../path.ts'
import { text } from '../value.ts'
import { byWord, calling, client, deleting, eitherOf, HTTP_METHODS, libraries } from './clients.ts'
import * as common from './common.ts'
import {
  argument,
  asking,
  download,
  evaluation,
  listedWords,
  onPath,
  opening,
  path,
  reading,
  say,
  shellText,
  startWords,
  transfer,
} from './effects.ts'
import type { Action, Given, Language } from './language.ts'
import type { Reader } from './read.ts'
import { changingRows, deletingRows, droppingRows } from './records.ts'
import { type Code, NONE, named, plain, textOf } from './value.ts'

const { table } = common

/** `import a.b as c, d` and `from a import b as c`. */
function statement(reader: Reader): boolean {
  const isImport = reader.is('import')
  if (isImport || (reader.is('from') && reader.peek(1)?.kind === 'name')) {
    reader.at++
    if (isImport) {
      do {
        const full = dotted(reader)
        if (full === '') return true
        const as = reader.take('as') ? reader.name() : undefined
        if (as !== undefined) reader.bind(as, named(full))
      } while (reader.take(','))
      return true
    }
    const module = dotted(reader)
    if (!reader.take('import')) return true
    reader.take('(')
    if (reader.take('*')) {
      for (const name of STARRED[module] ?? []) reader.bind(name, named(`${module}.${name}`))
      return true
    }
    do {
      const name = reader.name()
      if (name === undefined) break
      const as = reader.take('as') ? (reader.name() ?? name) : name
      const full = `${module}.${name}`
      reader.bind(as, reader.tell.given.get(full) ?? PYTHON.values.get(full) ?? named(full))
    } while (reader.take(','))
    reader.take(')')
    return true
  }
  if (reader.is('class') || reader.is('pass') || reader.is('with') || reader.is('print')) {
    if (!reader.is('print')) {
      reader.at++
      return true
    }
  }
  return false
}

function dotted(reader: Reader): string {
  let full = reader.name() ?? ''
  while (reader.is('.') && reader.peek(1)?.kind === 'name') {
    reader.at++
    full += `.${reader.name() ?? ''}`
  }
  return full
}

const STARRED: Readonly<Record<string, readonly string[]>> = {
  os: [
    'system',
    'remove',
    'unlink',
    'rmdir',
    'removedirs',
    'rename',
    'popen',
    'chmod',
    'chown',
    'environ',
    'path',
    'execv',
    'execvp',
  ],
  shutil: ['rmtree', 'move', 'copy', 'copyfile', 'copytree'],
  subprocess: ['run', 'call', 'Popen', 'check_call', 'check_output', 'getoutput'],
  pathlib: ['Path'],
}

/** `getattr(os, 'system')` */
const attribute: Action = (reader, given) => {
  const name = plain(given.all[1])
  const on = given.all[0]
  return name === undefined || on === undefined ? NONE : reader.member(on, name)
}
const module: Action = (_, given) => {
  const name = plain(given.all[0])
  return name === undefined ? NONE : named(name)
}
const environment: Action = (reader, given) => common.variable(reader, given) ?? variable(plain(given.all[0]))
const variable = (name: string | undefined): Code => (name === 'HOME' ? { values: [HOME] } : NONE)
const cwd: Action = ({ tell }) => {
  const [first] = tell.call.shell.state.cwd
  const plainPath = first === undefined ? undefined : literalPath(first)
  return plainPath === undefined ? NONE : textOf(plainPath)
}
/** Later relative paths are below it. */
const chdir: Action = ({ tell }, given) => {
  const value = given.all[0]?.values?.[0]
  const { shell } = tell.call
  if (!tell.quiet && value !== undefined) shell.state = { ...shell.state, cwd: shell.paths(value) }
  return undefined
}
const ptySpawn: Action = (reader, given) => {
  if (given.all[0]?.list !== undefined) return startWords(reader.tell, given.all[0].list)
  reader.tell.shells = true
  return shellText()(reader, given)
}
const writeText: Action = ({ tell }, given) => {
  onPath(
    tell,
    'path.write',
    given.on.name === '@path' || given.on.values !== undefined ? given.on : given.all[0],
  )
  return undefined
}
const methodOpen: Action = (reader, given) => {
  if (given.on.name !== '@path') return opening()(reader, given)
  return opening()(reader, { ...given, all: [given.on, ...given.all] })
}
const onlyOnPath =
  (action: Action): Action =>
  (reader, given) =>
    given.on.name === '@path' ? action(reader, given) : undefined
const kill: Action = ({ tell }, given) => {
  const pid = given.all[0]?.values?.[0] ?? text('')
  say(tell, 'process.kill', { kind: 'process', by: 'pid', value: pid })
  return undefined
}

const methodOf = (given: Given, place?: number): string | undefined =>
  plain(given.named.get('method') ?? (place === undefined ? undefined : given.all[place]))?.toUpperCase()

/** Without a path it looks for the one beside it. */
const dotenv: Action = (reader, given) =>
  reading()(
    reader,
    given.all.length > 0 || given.named.size > 0 ? atPath(given) : { ...given, all: [textOf('.env')] },
  )
const atPath = (given: Given): Given => {
  const path = given.named.get('dotenv_path')
  return path === undefined ? given : { ...given, all: [path] }
}

export const PYTHON: Language = {
  name: 'python',
  syntax: {
    comments: ['#'],
    triple: true,
    prefixes: true,
    interpolate: { marks: '', way: 'python' },
    lines: true,
  },
  join: '+',
  gets: { words: ['sys.argv'], own: [1, 1], variables: ['os.environ'] },
  roots: new Set(['builtins', '__builtins__', 'self']),
  statement,
  values: common.values({
    'os.sep': textOf('/'),
    'os.curdir': textOf('.'),
    'sys.executable': textOf('python3'),
    'os.environ.HOME': { values: [HOME] },
    'pathlib.Path.home()': { values: [HOME], name: '@path' },
  }),
  calls: table(
    ['open io.open codecs.open builtins.open gzip.open bz2.open lzma.open', opening()],
    ['os.open', opening(0, 1)],
    ['text sqlalchemy.text sqlalchemy.sql.text sa.text db.text', common.same],
    ['os.remove os.unlink os.rmdir os.removedirs', path('path.delete')],
    ['shutil.rmtree distutils.dir_util.remove_tree', path('path.delete', 0, true)],
    ['os.rename os.replace os.renames shutil.move', transfer('path.move')],
    ['shutil.copy shutil.copy2 shutil.copyfile shutil.copytree shutil.copymode', transfer('path.read')],
    ['os.link os.symlink', transfer('path.link')],
    ['os.chmod os.lchmod', path('path.chmod')],
    ['os.chown os.lchown shutil.chown', path('path.chown')],
    ['os.truncate os.utime', path('path.write')],
    ['os.mkdir os.makedirs os.mkfifo os.mknod', path('path.create')],
    ['os.chdir', chdir],
    ['os.getcwd pathlib.Path.cwd Path.cwd', cwd],
    ['os.listdir os.scandir os.walk', common.entries],
    ['glob.glob glob.iglob', common.glob],
    ['os.path.join posixpath.join', common.joinPath],
    [
      'os.path.expanduser os.path.abspath os.path.realpath os.path.normpath os.fspath os.path.expandvars',
      (_, given) => given.all[0],
    ],
    ['pathlib.Path pathlib.PosixPath pathlib.PurePath Path', common.asPath],
    [
      'os.system os.popen subprocess.getoutput subprocess.getstatusoutput commands.getoutput platform.popen os.popen2 os.popen3',
      shellText(),
    ],
    [
      'subprocess.run subprocess.call subprocess.check_call subprocess.check_output subprocess.Popen asyncio.create_subprocess_shell sh.Command',
      shellText(),
    ],
    ['asyncio.create_subprocess_exec', ({ tell }, given) => startWords(tell, given.all)],
    [
      'os.execl os.execlp os.execle os.execlpe os.execv os.execvp os.execve os.execvpe os.posix_spawn os.posix_spawnp',
      listedWords,
    ],
    [
      'os.spawnl os.spawnlp os.spawnv os.spawnvp',
      (reader, given) => listedWords(reader, { ...given, all: given.all.slice(1) }),
    ],
    ['pty.spawn', ptySpawn],
    ['os.kill os.killpg', kill],
    ['exec eval compile builtins.exec builtins.eval execfile runpy.run_path', evaluation],
    ['__import__ importlib.import_module', module],
    ['getattr', attribute],
    ['os.getenv os.environ.get', environment],
    [
      'base64.b64decode base64.urlsafe_b64decode base64.standard_b64decode base64.decodebytes binascii.a2b_base64',
      common.decodeBase64,
    ],
    [
      'base64.b32decode base64.b16decode base64.b85decode base64.a85decode zlib.decompress gzip.decompress bz2.decompress lzma.decompress marshal.loads pickle.loads',
      common.decoder,
    ],
    ['bytes.fromhex binascii.unhexlify bytearray.fromhex', common.fromHex],
    [
      'codecs.decode',
      (reader, given) =>
        /^rot.?13$/i.test(plain(given.all[1]) ?? '')
          ? common.onText(common.rot13)(reader, { ...given, on: NONE })
          : common.decoder(reader, given),
    ],
    ['str bytes bytearray repr shlex.quote list tuple sorted set reversed', (_, given) => given.all[0]],
    ['shlex.split', common.splitText],
    ['chr', common.character],
    ['requests.get urllib.request.urlretrieve httpx.get', download],
    [
      'urllib.request.urlopen urllib.urlopen urllib2.urlopen',
      (reader, given) =>
        (argument(given, 1, 'data') === undefined ? download : calling('post'))(reader, given),
    ],
    ...libraries('requests requests.api httpx'),
    [
      'requests.Session requests.session requests.sessions.Session httpx.Client httpx.AsyncClient aiohttp.ClientSession urllib3.PoolManager urllib3.ProxyManager urllib3.HTTPConnectionPool urllib3.HTTPSConnectionPool urllib3.connection_from_url http.client.HTTPConnection http.client.HTTPSConnection httplib.HTTPConnection httplib.HTTPSConnection httplib2.Http requests_html.HTMLSession cloudscraper.create_scraper',
      client,
    ],
    [
      'requests.request requests.api.request httpx.request httpx.stream aiohttp.request urllib3.request',
      (reader, given) => byWord(reader, given) ?? asking(methodOf(given, 0) ?? 'ANY', 1)(reader, given),
    ],
    [
      'urllib.request.Request',
      (reader, given) =>
        asking(methodOf(given) ?? (argument(given, 1, 'data') === undefined ? 'GET' : 'POST'))(reader, given),
    ],
    ['socket.socket socket.create_connection', common.connecting],
    [
      'os.dup2',
      ({ tell }) => {
        tell.shells ||= tell.sockets
        return undefined
      },
    ],
    ['dotenv.load_dotenv dotenv.dotenv_values dotenv.find_dotenv', dotenv],
    ['linecache.getlines fileinput.input numpy.loadtxt pandas.read_csv', reading()],
    ['os.abort sys.exit', () => undefined],
  ),
  methods: table(
    ...common.DATABASE_METHODS,
    ...common.PATH_METHODS,
    ...HTTP_METHODS,
    ['write_text write_bytes', writeText],
    ['read_text read_bytes', (reader, given) => reading('on')(reader, given)],
    ['unlink rmdir', onlyOnPath(path('path.delete', 'on'))],
    [
      'rename replace',
      (reader, given) =>
        given.on.name === '@path' ? transfer('path.move')(reader, given) : common.replaceText(reader, given),
    ],
    ['touch mkdir', onlyOnPath(path('path.create', 'on'))],
    ['chmod', onlyOnPath(path('path.chmod', 'on'))],
    ['symlink_to hardlink_to', onlyOnPath(path('path.write', 'on'))],
    ['rmtree', path('path.delete', 0, true)],
    ['open', methodOpen],
    ['expanduser parent with_suffix with_name', common.aPath],
    ['joinpath', common.joinPath],
    ['glob rglob', common.glob],
    ['iterdir', common.entries],
    ['read readlines readline text content getvalue', common.sameBase],
    ['decode encode strip lstrip rstrip lower upper rstrip copy', (_, given) => given.on],
    ['split', common.splitText],
    ['join', common.joinList],
    ['format', common.formatText],
    ['system', shellText()],
    ['connect', (_, given) => (given.on.name === '@socket' ? undefined : given.on)],
    ['flushall flushdb', (reader, given) => common.DATABASE_METHODS.get('flushall')?.(reader, given)],
    ['delete', eitherOf(deleting, deletingRows)],
    ['update', changingRows],
    ['drop', droppingRows],
  ),
}
