// Interpreters: what their inline code does.
import { JAVASCRIPT } from '../code/javascript.ts'
import { PYTHON } from '../code/python.ts'
import { NOTHING } from '../stream.ts'
import { type Tool, touch } from '../tool.ts'
import { literal, text } from '../value.ts'
import { interpreter, runCode, runScriptFile } from './interpreters.ts'

const versions = (name: string, major: number, from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `${name}${major}.${from + i}`).join(' ')

const PYTHON_NAMES = `python python2 python3 pypy pypy3 python2.7 ${versions('python', 3, 4, 16)} ipython ipython3`

export const LANGUAGES: readonly Tool[] = [
  interpreter({
    names: PYTHON_NAMES,
    language: PYTHON,
    short: 'cmWXQ',
    long: 'check-hash-based-pycs command',
    harmless: 'help version V h ?',
    code: 'c',
    also: (call, args) => {
      const module = args.value('m')
      if (module === undefined) {
        // The script of a framework is known by its name.
        const script = args.operands[0]
        const name = script === undefined ? undefined : literal(script.value)?.split('/').at(-1)
        if (script !== undefined && name === 'manage.py' && !args.has('c'))
          call.shell.start(
            { ...script, value: text('manage.py') },
            args.operands.slice(1),
            call.stdin,
            call.span,
          )
        return false
      }
      const name = literal(module.value)
      const at = call.args.findIndex(
        (field) => field === module || field === args.options.find(({ value }) => value === module)?.field,
      )
      const rest = call.args.slice(
        at + (call.args[at] === module ? 1 : literal(call.args[at]?.value ?? []) === '-m' ? 2 : 1),
      )
      if (name === undefined) call.shell.world.say('unknown code', module.span)
      else if (name === 'http.server' || name === 'SimpleHTTPServer')
        call.shell.emit({ verb: 'net.listen', on: { kind: 'url', url: [] } }, module.span)
      else if (name === 'json.tool') {
        for (const field of rest.slice(0, 1)) touch(call, 'path.read', field)
        for (const field of rest.slice(1, 2)) touch(call, 'path.write', field)
      } else if (!name.includes('.'))
        call.shell.start({ ...module, value: text(name) }, rest, call.stdin, call.span)
      return true
    },
  }),
  interpreter({
    names: 'node nodejs ts-node tsx iojs',
    language: JAVASCRIPT,
    short: 'epriCP',
    long: 'eval print require import loader experimental-loader input-type conditions title inspect-port env-file max-old-space-size project compiler-options',
    flags:
      'check interactive test watch inspect inspect-brk trace-warnings no-warnings enable-source-maps harmony',
    harmless: 'help version v h v8-options',
    code: 'e eval p print pe',
    preload: 'r require import loader experimental-loader',
    checks: 'c check',
    also: (call, args) => {
      for (const field of args.values('env-file')) touch(call, 'path.read', field)
      // `-pe CODE`: both letters, one text.
      const at = call.args.findIndex(({ value }) => /^-[pe]{2}$/.test(literal(value) ?? ''))
      const code = call.args[at + 1]
      if (at === -1 || code === undefined) return false
      runCode(call, code.value, code, JAVASCRIPT)
      return true
    },
  }),
  {
    names: 'deno',
    harmless: 'help version V h',
    sub: {
      eval: {
        long: 'ext config import-map',
        act: (call, args) => {
          for (const field of args.operands.slice(0, 1)) runCode(call, field.value, field, JAVASCRIPT)
          return NOTHING
        },
      },
      run: {
        style: 'posix',
        long: 'config import-map lock',
        act: (call, args) => {
          for (const field of args.operands.slice(0, 1)) runScriptFile(call, field, JAVASCRIPT)
          return NOTHING
        },
      },
    },
  },
]
