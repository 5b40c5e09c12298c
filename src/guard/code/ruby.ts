// Ruby.
import { HOME } from '../path.ts'
import { byWord, calling, client, deleting, eitherOf, HTTP_METHODS, libraries, requestOf } from './clients.ts'
import * as common from './common.ts'
import {
  connecting,
  download,
  evaluation,
  listedWords,
  onPath,
  opening,
  path,
  paths,
  reading,
  runShellText,
  say,
  shellText,
  startWords,
  transfer,
} from './effects.ts'
import type { Action, Language } from './language.ts'
import type { Reader } from './read.ts'
import { RUBY_RECORDS } from './records.ts'
import { elementOf, NONE, plain, textOf } from './value.ts'

const { table } = common

function statement(reader: Reader): boolean {
  if (reader.is('require') || reader.is('require_relative') || reader.is('include')) {
    reader.at++
    if (reader.peek()?.kind === 'string') reader.at++
    return true
  }
  return false
}

/** `open('|program')` runs it; `open('http://…')` fetches. */
const kernelOpen: Action = (reader, given) => {
  const source = plain(given.all[0])
  if (source?.startsWith('|') === true) return runShellText(reader.tell, textOf(source.slice(1)))
  if (source !== undefined && /^(?:https?|ftp):/.test(source)) return download(reader, given)
  return opening()(reader, given)
}
const skippingEnvironment: Action = (reader, given) => {
  const [first] = given.all
  return shellText()(reader, first?.fields === undefined ? given : { ...given, all: given.all.slice(1) })
}
const pipeline: Action = (reader, given) => {
  for (const one of given.all)
    if (one.list === undefined) runShellText(reader.tell, one)
    else startWords(reader.tell, one.list)
  return undefined
}
const kill: Action = ({ tell }, given) => {
  for (const one of given.all.slice(1))
    say(tell, 'process.kill', { kind: 'process', by: 'pid', value: one.values?.[0] ?? [] })
  return undefined
}
const reflected: Action = (reader, given) => {
  const name = plain(given.all[0])
  if (name === undefined) return undefined
  return reader.call(reader.member(given.on, name), { ...given, all: given.all.slice(1) })
}
const behindMode =
  (verb: 'path.chmod' | 'path.chown', skip: number): Action =>
  ({ tell }, given) => {
    for (const one of given.all.slice(skip)) onPath(tell, verb, one)
    return undefined
  }
const onPathOr =
  (action: Action): Action =>
  (reader, given) =>
    given.on.name === '@path' ? action(reader, given) : undefined
const eachOf: Action = (reader, given) => {
  // A block behind the call: its parameter is an element.
  if (reader.is('{')) return reader.block(given.on)
  if (!reader.is('do')) return given.on
  reader.at++
  if (reader.take('|')) {
    const name = reader.name()
    if (name !== undefined) reader.bind(name, elementOf(given.on))
    reader.take('|')
  }
  return given.on
}

export const RUBY: Language = {
  name: 'ruby',
  syntax: {
    comments: ['#'],
    block: ['=begin', '=end'],
    plainSingle: true,
    regex: true,
    ticks: 'command',
    quotes: 'ruby',
    heredoc: true,
    lines: true,
    sigils: '$@',
    interpolate: { marks: '"`', way: 'ruby' },
  },
  join: '+',
  bare: true,
  statement,
  gets: { words: ['ARGV', '$*'], own: [0, 0], variables: ['ENV'] },
  roots: new Set(['Kernel', 'Object', 'self']),
  values: common.values({ 'ENV.HOME': { values: [HOME] }, 'Dir.home': { values: [HOME] } }),
  calls: table(
    ['@command', shellText()],
    ['ENV.fetch', common.variable],
    [
      'system exec spawn Process.spawn IO.popen PTY.spawn Open3.capture2 Open3.capture2e Open3.capture3 Open3.popen2 Open3.popen3 sh',
      skippingEnvironment,
    ],
    ['Open3.pipeline', pipeline],
    ['Process.exec', listedWords],
    [
      'File.delete File.unlink FileUtils.rm FileUtils.rm_f FileUtils.remove FileUtils.safe_unlink Dir.rmdir Dir.delete Dir.unlink FileUtils.rmdir rm rm_f',
      paths('path.delete'),
    ],
    [
      'FileUtils.rm_r FileUtils.rm_rf FileUtils.rmtree FileUtils.remove_dir FileUtils.remove_entry FileUtils.remove_entry_secure rm_rf rm_r',
      paths('path.delete', true),
    ],
    ['File.rename FileUtils.mv FileUtils.move', transfer('path.move')],
    [
      'FileUtils.cp FileUtils.cp_r FileUtils.copy FileUtils.copy_file FileUtils.copy_entry IO.copy_stream FileUtils.install',
      transfer('path.read'),
    ],
    [
      'File.link File.symlink FileUtils.ln FileUtils.ln_s FileUtils.ln_sf FileUtils.link',
      transfer('path.link'),
    ],
    [
      'File.write IO.write File.binwrite IO.binwrite File.truncate FileUtils.touch File.mkfifo',
      path('path.write'),
    ],
    [
      'File.read IO.read File.readlines IO.readlines File.binread File.foreach IO.foreach YAML.load_file',
      reading(),
    ],
    ['load', path('path.exec')],
    ['File.open File.new IO.sysopen CSV.open', opening()],
    ['open URI.open', kernelOpen],
    ['File.chmod FileUtils.chmod FileUtils.chmod_R', behindMode('path.chmod', 1)],
    ['File.chown FileUtils.chown FileUtils.chown_R', behindMode('path.chown', 2)],
    ['Dir.mkdir FileUtils.mkdir FileUtils.mkdir_p FileUtils.makedirs', paths('path.create')],
    ['Dir.glob Dir.[]', common.glob],
    ['Dir.children Dir.entries Dir.each_child', common.entries],
    ['File.join', common.joinPath],
    ['File.expand_path File.absolute_path String', common.same],
    ['Pathname Pathname.new', common.asPath],
    ['eval instance_eval class_eval module_eval binding.eval TOPLEVEL_BINDING.eval', evaluation],
    ['Base64.decode64 Base64.strict_decode64 Base64.urlsafe_decode64', common.decodeBase64],
    ['Zlib.inflate Zlib.Inflate.inflate Marshal.load', common.decoder],
    ['Net.HTTP.get Net.HTTP.get_response URI.parse.open HTTParty.get Faraday.get RestClient.get', download],
    ['Net.HTTP.post Net.HTTP.post_form', calling('post')],
    ...libraries('Net.HTTP HTTParty Faraday RestClient Excon Typhoeus HTTP HTTPX'),
    ['Net.HTTP.new Faraday.new Excon.new RestClient.Resource.new Typhoeus.Hydra.new', client],
    [
      'Net.HTTP.start',
      (reader, given) => {
        const made = client(reader, given) ?? NONE
        eachOf(reader, { ...given, on: { list: [made] } })
        return made
      },
    ],
    ...['Delete', 'Put', 'Patch', 'Post', 'Get', 'Head'].map(
      (verb) => [`Net.HTTP.${verb}.new`, requestOf(verb)] as const,
    ),
    ['RestClient.Request.execute', byWord],
    ['URI URI.parse URI.join', common.same],
    ['TCPSocket.new TCPSocket.open Socket.tcp UNIXSocket.new', connecting],
    ['Process.kill', kill],
    ['send public_send __send__', reflected],
    [
      'Object.const_get const_get',
      (_, given) => {
        const name = plain(given.all[0])
        return name === undefined ? NONE : { name }
      },
    ],
  ),
  methods: table(
    ...common.DATABASE_METHODS,
    ...HTTP_METHODS,
    ...RUBY_RECORDS,
    ['each map each_with_index select flat_map', eachOf],
    [
      'delete unlink',
      eitherOf(deleting, (reader, given) =>
        given.on.name === '@path' ? path('path.delete', 'on')(reader, given) : undefined,
      ),
    ],
    ['rmtree', onPathOr(path('path.delete', 'on', true))],
    ['write binwrite', onPathOr(path('path.write', 'on'))],
    ['read', (reader, given) => (given.on.name === '@path' ? reading('on')(reader, given) : given.on)],
    ['rename', onPathOr(transfer('path.move'))],
    ['send public_send __send__', reflected],
    [
      'unpack1 unpack',
      (reader, given) =>
        /^m0?$/.test(plain(given.all[0]) ?? '')
          ? common.decodeBase64(reader, { ...given, all: [given.on] })
          : common.decoder(reader, { ...given, all: [given.on] }),
    ],
    ['reverse', common.reversed],
    ['join', common.joinList],
    ['split', common.splitText],
    ['gsub sub tr', common.replaceText],
    [
      'pack',
      (_, given) =>
        (given.on.list ?? []).every((one) => plain(one) !== undefined) && given.on.list !== undefined
          ? textOf(given.on.list.map((one) => String.fromCharCode(Number(plain(one)) % 65_536)).join(''))
          : NONE,
    ],
    ['chr to_s body strip chomp read_body dup freeze to_str force_encoding', common.sameBase],
    [
      'call eval',
      (reader, given) => (given.all[0]?.values === undefined ? undefined : evaluation(reader, given)),
    ],
  ),
}
