"""Asks what stands on standard input, a question a line as JSON: SQL and its parameters; tells each answer in a line."""
import json
import sys
from datetime import datetime

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError


def text(cell):
    if cell is None:
        return "null"
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, (list, tuple)):
        return "[" + ",".join(map(text, cell)) + "]"
    return str(cell)


client = clickhouse_connect.get_client(host="127.0.0.1", port=int(sys.argv[1]), database="fleet")
for line in sys.stdin:
    sql, parameters = json.loads(line)
    try:
        rows = client.query(sql, parameters=parameters).result_rows
        print("\u0002".join("\t".join(map(text, row)) for row in rows))
    except ClickHouseError as error:
        print("error", str(error).replace("\n", " "))
