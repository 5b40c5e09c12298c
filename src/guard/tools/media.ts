// Pictures, sound, video and documents: converters, and where they put what they made.
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { nameOf, type Tool, touch } from '../tool.ts'
import { literal, prefix } from '../value.ts'
import { type Made, made } from './made.ts'

/** Options of ffmpeg that stand alone; all others have a value. */
const FFMPEG_ALONE = new Set(
  'y n an vn sn dn re stats nostats hide_banner nostdin shortest copyts start_at_zero benchmark report accurate_seek noaccurate_seek autorotate noautorotate bitexact ignore_unknown copy_unknown xerror L version'.split(
    ' ',
  ),
)

/** Inputs stand behind `-i`; every other word that is no value of an option is an output. */
function ffmpeg(call: Call): undefined {
  const { args } = call
  for (let i = 0; i < args.length; i++) {
    const field = args[i] as Field
    const start = prefix(field.value)
    if (!start.startsWith('-') || start === '-') {
      if (start !== '-' && !/^[a-z]+:\/\//.test(start)) touch(call, 'path.write', field)
      continue
    }
    const name = start.slice(1).replace(/:.*$/, '')
    if (FFMPEG_ALONE.has(name)) continue
    const value = args[++i]
    // The last word is an output, whatever stands before it.
    if (value !== undefined && i === args.length - 1 && !FFMPEG_NAMES.test(name))
      touch(call, 'path.write', value)
    else if (
      value !== undefined &&
      /^(?:i|attach|filter_script|filter_complex_script|\/filter|pass_logfile)$/.test(name)
    )
      touch(call, 'path.read', value)
    else if (
      value !== undefined &&
      /^(?:progress|passlogfile|vstats_file|sdp_file|dump_attachment)$/.test(name)
    )
      touch(call, 'path.write', value)
  }
  return undefined
}
const FFMPEG_NAMES = /^(?:i|h|help|encoders|decoders|formats|codecs|protocols|filters|pix_fmts|loglevel|v)$/

/** `magick [TOOL] INPUT … OUTPUT`. */
const IN_PLACE = new Set(['mogrify'])
const LOOKS = new Set(['identify', 'compare', 'display', 'animate', 'import'])

function magick(call: Call): undefined {
  const own = nameOf(call)
  const first = literal(call.args[0]?.value ?? [])
  const isTool = own === 'magick' && first !== undefined && /^[a-z]+$/.test(first)
  const tool = isTool ? first : own
  const words = isTool ? call.args.slice(1) : call.args
  const named = words.filter(({ value }) => !/^[-+]/.test(prefix(value)))
  if (LOOKS.has(tool) && tool !== 'compare') {
    for (const field of named) touch(call, tool === 'import' ? 'path.write' : 'path.read', field)
    return
  }
  const at = words.findIndex(({ value }) => literal(value) === '-path')
  const path = at === -1 ? undefined : words[at + 1]
  if (path !== undefined) touch(call, 'path.create', path, { note: 'unpacked' })
  for (const field of named) if (field !== path) touch(call, 'path.read', field)
  if (IN_PLACE.has(tool)) {
    if (path === undefined) for (const field of named) touch(call, 'path.write', field, { note: 'edited' })
    return
  }
  const last = named.at(-1)
  if (last === undefined || named.length < 2) return
  // `png:name`
  const plain = literal(last.value)
  const name = plain === undefined ? last.value : [plain.replace(/^[a-z0-9]+:(?!\/\/)/i, '')]
  if (plain !== '-') touch(call, 'path.write', { ...last, value: name })
}

const ROWS: readonly Made[] = [
  {
    names: 'pandoc',
    files: 'o output log',
    trees: 'extract-media',
    reads:
      'c css H include-in-header B include-before-body A include-after-body template metadata-file d defaults lua-filter bibliography csl',
    takes: 'f from t to V variable M metadata F filter',
  },
  {
    names: 'wkhtmltopdf wkhtmltoimage weasyprint prince',
    takes: 'O s T B L R q orientation page-size margin-top',
    words: 'last',
  },
  {
    names: 'gs ghostscript',
    files: 'o sOutputFile',
    style: 'words',
    takes: 'sDEVICE',
    alone: 'q dBATCH dNOPAUSE',
  },
  { names: 'qpdf', takes: 'password', alone: 'empty linearize decrypt replace-input', words: 'last' },
  {
    names: 'pdftotext pdftohtml',
    takes: 'f l r x y W H enc opw upw',
    style: 'words',
    alone: 'layout raw htmlmeta bbox q',
    words: 'second',
  },
  {
    names: 'pdftoppm pdftocairo pdfimages pdfseparate',
    takes: 'f l r rx ry scale-to x y W H',
    style: 'words',
    alone: 'png jpeg tiff pdf svg',
    words: 'second',
  },
  { names: 'pdfunite pdfjam', files: 'o outfile', words: 'last' },
  { names: 'img2pdf ocrmypdf', files: 'o output', words: 'read' },
  { names: 'tesseract', takes: 'l psm oem c', style: 'words', words: 'second' },
  { names: 'dot neato fdp sfdp circo twopi', files: 'o', attached: 'TKGNEl' },
  {
    names: 'inkscape',
    files: 'o export-filename',
    takes: 'w h d export-type export-width export-height actions',
  },
  { names: 'rsvg-convert cairosvg', files: 'o output', takes: 'w h d p z f width height format' },
  {
    names: 'soffice libreoffice unoconv',
    trees: 'outdir o output',
    takes: 'convert-to f infilter',
    style: 'words',
  },
  { names: 'sox', takes: 'r b c e t', words: 'last' },
  { names: 'lame opusenc oggenc flac', files: 'o output-name output', takes: 'b V q m', words: 'second' },
  {
    names: 'cwebp dwebp gif2webp avifenc cjxl heif-enc',
    files: 'o output',
    takes: 'q m z size',
    style: 'words',
    words: 'read',
  },
  {
    names: 'optipng jpegoptim gifsicle pngcrush advpng',
    files: 'o out',
    trees: 'd dest dir',
    takes: 'm max',
    attached: 'o',
    words: 'edit',
  },
  { names: 'pngquant', files: 'o output', takes: 'Q quality ext' },
  {
    names: 'yt-dlp youtube-dl gallery-dl',
    code: 'exec',
    files: 'o output download-archive cookies',
    trees: 'P paths D destination cache-dir',
    reads: 'a batch-file config-location',
    takes: 'f format u p username password',
    words: 'names',
  },
  {
    names: 'latex pdflatex xelatex lualatex tex pdftex latexmk',
    trees: 'output-directory outdir auxdir',
    takes: 'jobname interaction',
    style: 'words',
  },
  {
    names: 'asciidoctor asciidoctor-pdf asciidoc',
    files: 'o out-file',
    trees: 'D destination-dir',
    takes: 'a b attribute backend',
  },
  {
    names: 'hugo zola',
    trees: 'd destination cacheDir o output-dir',
    reads: 'config',
    takes: 's source b baseURL e environment',
    words: 'names',
  },
  { names: 'jekyll bridgetown', trees: 'd destination', takes: 's source config', words: 'names' },
  { names: 'plantuml', style: 'words', trees: 'o output', takes: 'config', alone: 'tsvg tpng' },
  { names: 'mmdc drawio vega-cli', files: 'o output', reads: 'i input c configFile', takes: 't f w H b' },
  { names: 'xsltproc', files: 'o output', takes: 'param stringparam', words: 'read' },
  { names: 'xmllint', files: 'o output', takes: 'xpath schema dtdvalid relaxng', words: 'names' },
  {
    names: 'scrot maim gnome-screenshot screencapture',
    code: 'e exec',
    files: 'f file F',
    takes: 'd q g i w',
    words: 'edit',
  },
  { names: 'asciinema', verbs: 'rec', code: 'c command', takes: 't i title', words: 'edit' },
  { names: 'screenrecord wf-recorder', files: 'f file' },
  { names: 'sar', files: 'o', reads: 'f', takes: 's e i P', words: 'names' },
  { names: 'httrack', trees: 'O path', takes: 'r', words: 'names' },
]

/** Its tags are what it writes: `-Author=x`, `-all=`. */
const exif: Tool = {
  names: 'exiftool',
  style: 'words',
  long: 'o out w textOut tagsFromFile',
  act: (call, args) => {
    for (const field of args.values('o out')) touch(call, 'path.write', field)
    for (const field of args.values('tagsFromFile')) touch(call, 'path.read', field)
    const changes = call.args.some(({ value }) => /^-[\w:*-]+[-+^]?=/.test(prefix(value)))
    for (const field of args.operands) {
      touch(call, 'path.read', field)
      if (changes && !args.has('o out')) touch(call, 'path.write', field, { note: 'edited' })
    }
    return undefined
  },
}

export const MEDIA: readonly Tool[] = [
  ...ROWS.map(made),
  { names: 'ffmpeg avconv', harmless: '', act: (call) => ffmpeg(call) },
  {
    names: 'magick convert mogrify identify composite montage compare',
    harmless: '',
    act: (call) => magick(call),
  },
  { names: 'ffprobe mediainfo soxi', does: [{ do: 'path.read' }] },
  { names: 'pdftk', harmless: '', act: (call) => pdftk(call) },
  exif,
]

/** `pdftk a.pdf cat 1-3 output b.pdf`. */
function pdftk(call: Call): undefined {
  const at = call.args.findIndex(({ value }) => literal(value) === 'output')
  const target = at === -1 ? undefined : call.args[at + 1]
  if (target !== undefined) touch(call, 'path.write', target)
  for (const field of at === -1 ? call.args : call.args.slice(0, at)) touch(call, 'path.read', field)
}
