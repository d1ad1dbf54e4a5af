"""Asks what stands on standard input, a question a line as JSON: SQL and its parameters; tells each answer in a line."""
import json
import sys
from datetime import datetime

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError
from clickhouse_connect.driver.external import ExternalData


def text(cell):
    if cell is None:
        return "null"
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, (list, tuple)):
        return "[" + ",".join(map(text, cell)) + "]"
    return str(cell).replace("\n", "\u0001").replace("\t", "\u0003")


# A second argument puts parameters into the body, as a form.
client = clickhouse_connect.get_client(
    host="127.0.0.1", port=int(sys.argv[1]), database="fleet", form_encode_query_params=len(sys.argv) > 2
)


def sent(tables):
    """Tables that go along with a question, as lines of TSV by their name."""
    data = ExternalData()
    for name, (structure, lines) in tables.items():
        data.add_file(file_name=name, data=lines.encode(), structure=structure)
    return data


for line in sys.stdin:
    sql, parameters, *tables = json.loads(line)
    try:
        rows = client.query(sql, parameters=parameters, external_data=sent(tables[0]) if tables else None).result_rows
        print("\u0002".join("\t".join(map(text, row)) for row in rows))
    except ClickHouseError as error:
        print("error", str(error).replace("\n", " "))
