// The catalogue of a database as named entries: tables, columns and their order, types, defaults, constraints, indexes with their validity, owners, rights,
// views, functions, aggregates, operators, casts, triggers, policies, default rights. Positions of sequences, physical order, statistics and comments are not part of it.
import { decode, list, object, text } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { type Digest, labelledDigest } from '../base/hash.ts'
import { byteOrder } from '../base/id.ts'
import { type CatalogueEntry, ORDER, withoutOrder } from '../plans/catalogue.ts'
import { MARKER_SCHEMA } from '../sql/refused.ts'
import { PLAIN_TEXTS } from './content.ts'
import { ask } from './query.ts'
import type { Cluster, Limits } from './types.ts'

const MINE = `WITH mine AS (
  SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', '${MARKER_SCHEMA}')),
 rel AS (
  SELECT c.*, n.nspname FROM pg_class c JOIN mine n ON n.oid = c.relnamespace
   WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')),
 fun AS (
  SELECT p.*, n.nspname, pg_get_function_identity_arguments(p.oid) AS args FROM pg_proc p JOIN mine n ON n.oid = p.pronamespace
   WHERE p.prokind IN ('f', 'p') AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')),
 typ AS (
  SELECT t.*, n.nspname FROM pg_type t JOIN mine n ON n.oid = t.typnamespace
   WHERE t.typtype IN ('e', 'd', 'r') AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e'))`

/** Rights in one order, the default ones written out: none granted and the default granted are the same. */
const rights = (acl: string, kind: string, owner: string) =>
  `(SELECT json_agg(a::text ORDER BY a::text COLLATE "C") FROM unnest(coalesce(${acl}, acldefault('${kind}', ${owner}))) a)`

const notOfExtension = (catalogue: string, id: string) =>
  `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalogue}'::regclass AND e.objid = ${id} AND e.deptype = 'e')`

const ENTRIES: readonly string[] = [
  `SELECT 'extension ' || extname, to_json(extversion) FROM pg_extension`,
  `SELECT 'schema ' || nspname, to_json(true) FROM mine`,
  `SELECT 'owner schema ' || nspname, to_json(pg_get_userbyid(nspowner)) FROM mine`,
  `SELECT 'rights schema ' || nspname, ${rights('nspacl', 'n', 'nspowner')} FROM mine`,
  `SELECT 'table ' || nspname || '.' || relname, json_build_array(relkind, relpersistence, reloptions, relrowsecurity, relforcerowsecurity, relispartition,
     CASE WHEN relkind = 'p' THEN pg_get_partkeydef(oid) END, CASE WHEN relispartition THEN pg_get_expr(relpartbound, oid) END,
     CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END, (SELECT json_agg(i.inhparent::regclass::text ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = rel.oid))
     FROM rel WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'c')`,
  `SELECT 'owner table ' || nspname || '.' || relname, to_json(pg_get_userbyid(relowner)) FROM rel WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'c', 'S')`,
  `SELECT 'rights table ' || nspname || '.' || relname, ${rights('relacl', 'r', 'relowner')} FROM rel WHERE relkind IN ('r', 'p', 'v', 'm', 'f')`,
  `SELECT 'rights sequence ' || nspname || '.' || relname, ${rights('relacl', 's', 'relowner')} FROM rel WHERE relkind = 'S'`,
  `SELECT 'sequence ' || nspname || '.' || relname, json_build_array(format_type(q.seqtypid, NULL), q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcycle, q.seqcache,
     (SELECT d.refobjid::regclass::text || '.' || a.attname FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
       WHERE d.classid = 'pg_class'::regclass AND d.objid = rel.oid AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i') LIMIT 1))
     FROM rel JOIN pg_sequence q ON q.seqrelid = rel.oid WHERE relkind = 'S'`,
  `SELECT 'column ' || nspname || '.' || relname || '.' || a.attname, json_build_array(
     format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated,
     CASE WHEN a.attcollation <> t.typcollation THEN (SELECT c.collname FROM pg_collation c WHERE c.oid = a.attcollation) END)
     FROM rel JOIN pg_attribute a ON a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped JOIN pg_type t ON t.oid = a.atttypid
     LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'c')`,
  `SELECT '${ORDER}' || nspname || '.' || relname, (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped)
     FROM rel WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'c')`,
  `SELECT 'rights column ' || nspname || '.' || relname || '.' || a.attname, (SELECT json_agg(x::text ORDER BY x::text COLLATE "C") FROM unnest(a.attacl) x)
     FROM rel JOIN pg_attribute a ON a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE a.attacl IS NOT NULL AND cardinality(a.attacl) > 0`,
  `SELECT 'constraint ' || n.nspname || '.' || coalesce(r.relname, t.typname) || '.' || k.conname, json_build_array(k.contype, pg_get_constraintdef(k.oid), k.convalidated)
     FROM pg_constraint k JOIN mine n ON n.oid = k.connamespace LEFT JOIN rel r ON r.oid = k.conrelid LEFT JOIN typ t ON t.oid = k.contypid WHERE r.oid IS NOT NULL OR t.oid IS NOT NULL`,
  `SELECT 'index ' || nspname || '.' || relname, json_build_array(pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready, i.indisclustered, i.indisreplident)
     FROM rel JOIN pg_index i ON i.indexrelid = rel.oid`,
  `SELECT 'function ' || nspname || '.' || proname || '(' || args || ')', to_json(pg_get_functiondef(oid)) FROM fun`,
  `SELECT 'owner function ' || nspname || '.' || proname || '(' || args || ')', to_json(pg_get_userbyid(proowner)) FROM fun`,
  `SELECT 'rights function ' || nspname || '.' || proname || '(' || args || ')', ${rights('proacl', 'f', 'proowner')} FROM fun`,
  `SELECT 'trigger ' || nspname || '.' || relname || '.' || t.tgname, json_build_array(pg_get_triggerdef(t.oid), t.tgenabled) FROM rel JOIN pg_trigger t ON t.tgrelid = rel.oid WHERE NOT t.tgisinternal`,
  `SELECT 'rule ' || nspname || '.' || relname || '.' || w.rulename, to_json(pg_get_ruledef(w.oid)) FROM rel JOIN pg_rewrite w ON w.ev_class = rel.oid WHERE w.rulename <> '_RETURN'`,
  `SELECT 'policy ' || nspname || '.' || relname || '.' || o.polname, json_build_array(o.polcmd, o.polpermissive, pg_get_expr(o.polqual, o.polrelid), pg_get_expr(o.polwithcheck, o.polrelid),
     (SELECT json_agg(CASE WHEN x = 0 THEN 'public' ELSE pg_get_userbyid(x) END ORDER BY 1) FROM unnest(o.polroles) x)) FROM rel JOIN pg_policy o ON o.polrelid = rel.oid`,
  `SELECT 'type ' || nspname || '.' || typname, json_build_array(typtype, format_type(NULLIF(typbasetype, 0), typtypmod), typnotnull, typdefault,
     (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = typ.oid)) FROM typ`,
  `SELECT 'owner type ' || nspname || '.' || typname, to_json(pg_get_userbyid(typowner)) FROM typ`,
  `SELECT 'rights default ' || pg_get_userbyid(d.defaclrole) || ' ' || coalesce(n.nspname, '') || ' ' || d.defaclobjtype::text, (SELECT json_agg(a::text ORDER BY a::text COLLATE "C") FROM unnest(d.defaclacl) a)
     FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace WHERE cardinality(d.defaclacl) > 0 AND n.nspname IS DISTINCT FROM '${MARKER_SCHEMA}'`,
  `SELECT 'aggregate ' || n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', json_build_array(g.aggkind, g.aggtransfn::text, g.aggfinalfn::text, g.aggtranstype::regtype::text,
     g.aggsortop::regoperator::text, g.agginitval, pg_get_userbyid(p.proowner)) FROM pg_aggregate g JOIN pg_proc p ON p.oid = g.aggfnoid JOIN mine n ON n.oid = p.pronamespace WHERE ${notOfExtension('pg_proc', 'p.oid')}`,
  `SELECT 'operator ' || n.nspname || '.' || o.oprname || ' (' || format_type(o.oprleft, NULL) || ', ' || format_type(o.oprright, NULL) || ')', json_build_array(o.oprcode::text, o.oprcom::regoperator::text,
     o.oprnegate::regoperator::text, o.oprrest::text, o.oprjoin::text, o.oprcanmerge, o.oprcanhash, pg_get_userbyid(o.oprowner)) FROM pg_operator o JOIN mine n ON n.oid = o.oprnamespace WHERE ${notOfExtension('pg_operator', 'o.oid')}`,
  `SELECT 'cast ' || format_type(c.castsource, NULL) || ' as ' || format_type(c.casttarget, NULL), json_build_array(c.castcontext, c.castmethod, c.castfunc::regprocedure::text)
     FROM pg_cast c WHERE c.oid >= 16384 AND ${notOfExtension('pg_cast', 'c.oid')}`,
  `SELECT 'collation ' || n.nspname || '.' || c.collname, json_build_array(c.collprovider, c.collcollate, c.collctype, c.collisdeterministic, pg_get_userbyid(c.collowner))
     FROM pg_collation c JOIN mine n ON n.oid = c.collnamespace WHERE ${notOfExtension('pg_collation', 'c.oid')}`,
  `SELECT 'search dictionary ' || n.nspname || '.' || d.dictname, json_build_array((SELECT t.tmplname FROM pg_ts_template t WHERE t.oid = d.dicttemplate), d.dictinitoption) FROM pg_ts_dict d JOIN mine n ON n.oid = d.dictnamespace WHERE ${notOfExtension('pg_ts_dict', 'd.oid')}`,
  `SELECT 'search configuration ' || n.nspname || '.' || c.cfgname, (SELECT json_agg(json_build_array(m.maptokentype, m.mapseqno, m.mapdict::regdictionary::text) ORDER BY m.maptokentype, m.mapseqno) FROM pg_ts_config_map m WHERE m.mapcfg = c.oid)
     FROM pg_ts_config c JOIN mine n ON n.oid = c.cfgnamespace WHERE ${notOfExtension('pg_ts_config', 'c.oid')}`,
  `SELECT 'large objects', json_build_array(count(*), sum(oid::bigint)) FROM pg_largeobject_metadata HAVING count(*) > 0`,
  `SELECT 'statistics ' || n.nspname || '.' || s.stxname, to_json(pg_get_statisticsobjdef(s.oid)) FROM pg_statistic_ext s JOIN mine n ON n.oid = s.stxnamespace`,
]
const CATALOGUE = `${MINE} SELECT coalesce(json_agg(json_build_object('at', e.at, 'is', coalesce(e.what::text, ''))), '[]') FROM (${ENTRIES.join('\nUNION ALL ')}) AS e(at, what)`

const entries = list(object({ at: text({ max: 1000 }), is: text({ max: 1_000_000 }) }), 200_000)

/** Every entry, in byte order. Throws backup.db_query_failed. */
export async function catalogueOf(
  cluster: Cluster,
  database: string,
  limits: Limits,
): Promise<readonly CatalogueEntry[]> {
  const read = decode(entries, await ask(cluster, database, CATALOGUE, limits, { settings: PLAIN_TEXTS }))
  if (!read.ok) throw new SekishoError('backup.db_query_failed', { database, why: `${read.at}: ${read.why}` })
  return read.value.map(({ at, is }) => ({ at, is: shortDigest(is) })).sort((a, b) => byteOrder(a.at, b.at))
}

/** An entry's value by its digest: what a default or a view says may be long, and is nobody's to read here. */
function shortDigest(is: string): string {
  return labelledDigest('sekisho-catalogue-entry-v1', is).slice(0, 32)
}

/** The order of columns is told and is no part of it: a column that was dropped never comes back at its place. */
export function catalogueDigest(of: readonly CatalogueEntry[]): Digest {
  const entries = withoutOrder(of) as unknown as Parameters<typeof labelledDigest>[1]
  return labelledDigest('sekisho-catalogue-v1', entries)
}
