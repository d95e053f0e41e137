// Prints the rows of a Parquet file as JSON, one array per row, times in microseconds and days since 1970: node read.mjs duckdb|hyparquet FILE
const [reader, file] = process.argv.slice(2);

async function* duckdb() {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const connection = await (await DuckDBInstance.create()).connect();
  const described = await (await connection.runAndReadAll(`describe select * from '${file}'`)).getRowObjects();
  const columns = described.map(({ column_name: name, column_type: type }) =>
    type.startsWith('TIMESTAMP') ? `epoch_us("${name}")` : type === 'DATE' ? `datediff('day', date '1970-01-01', "${name}")` : `"${name}"`);
  yield described.map(column => column.column_name);
  yield* (await connection.runAndReadAll(`select ${columns.join(', ')} from '${file}'`)).getRows();
}

async function* hyparquet() {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  const buffer = await asyncBufferFromFile(file);
  const metadata = await parquetMetadataAsync(buffer);
  const names = parquetSchema(metadata).children.map(child => child.element.name);
  const parsers = { timestampFromMicroseconds: micros => micros, dateFromDays: days => days };
  yield names;
  for (const row of await parquetReadObjects({ file: buffer, metadata, compressors, parsers })) yield names.map(name => row[name] ?? null);
}

const lines = [];
for await (const row of reader === 'duckdb' ? duckdb() : hyparquet())
  lines.push(JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? Number(value) : value)));
process.stdout.write(lines.join('\n') + '\n', () => process.exit(0));
