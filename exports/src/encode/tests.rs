//! Every kind through every format, and what memory does meanwhile.

use bytes::Bytes;
use parquet::basic::{LogicalType, TimeUnit, Type as Physical};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;

use super::*;
use crate::column::Kind;

fn columns() -> Vec<Column> {
    [
        ("number", Kind::Int64),
        ("small", Kind::Int32),
        (
            "amount",
            Kind::Decimal {
                precision: 14,
                scale: 2,
            },
        ),
        (
            "sum",
            Kind::Decimal {
                precision: 30,
                scale: 2,
            },
        ),
        ("day", Kind::Date),
        ("begun_at", Kind::Timestamp),
        ("is_paid", Kind::Bool),
        ("words", Kind::Text),
    ]
    .map(|(name, kind)| Column::new(name, kind))
    .to_vec()
}

const FULL: &str = "9007199254740993\t-7\t-0.01\t90071992547409930000.01\t2026-12-01\t2026-12-01 10:00:00.5+00\tt\tда, \"нет\"\\n\n";
const EMPTY: &str = "1\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\n";

fn encoded(format: Format, goes_on: bool, lines: &[&str]) -> Vec<u8> {
    let mut encoder = Encoder::new(format, &columns(), goes_on).unwrap();
    let mut row = Row::default();
    let mut bytes = Vec::new();
    for line in lines {
        row.read(line.as_bytes());
        encoder.push(&row).unwrap();
        bytes.extend(encoder.take().unwrap());
    }
    bytes.extend(encoder.finish().unwrap());
    bytes
}

fn text(format: Format, goes_on: bool, lines: &[&str]) -> String {
    String::from_utf8(encoded(format, goes_on, lines)).unwrap()
}

#[test]
fn csv_says_every_kind_and_its_header_once() {
    let rows = "9007199254740993,-7,-0.01,90071992547409930000.01,2026-12-01,2026-12-01T10:00:00.500000Z,true,\
                \"да, \"\"нет\"\"\n\"\n1,,,,,,,\n";
    let header = "number,small,amount,sum,day,begun_at,is_paid,words\n";
    assert_eq!(
        text(Format::Csv, false, &[FULL, EMPTY]),
        format!("{header}{rows}")
    );
    assert_eq!(text(Format::Csv, true, &[FULL, EMPTY]), rows);
    assert_eq!(text(Format::Csv, false, &[]), header);
}

#[test]
fn text_that_a_spreadsheet_would_calculate_is_text_in_csv_and_as_it_is_elsewhere() {
    for (formula, stands) in [
        ("=HYPERLINK(0)", "'=HYPERLINK(0)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\\t=1", "'\t=1"),
        ("1=1", "1=1"),
        ("—", "—"),
    ] {
        let line = format!("-1\t\\N\t-0.01\t\\N\t\\N\t\\N\t\\N\t{formula}\n");
        let csv = text(Format::Csv, true, &[&line]);
        // Numbers below zero stay numbers.
        assert_eq!(csv, format!("-1,,-0.01,,,,,{stands}\n"));
        let json: serde_json::Value = serde_json::from_str(&text(Format::JsonLines, true, &[&line])).unwrap();
        assert_eq!(json["words"], stands.trim_start_matches('\''), "{formula}");
    }
}

#[test]
fn json_lines_say_decimals_as_strings_and_nulls_as_null() {
    let expected = concat!(
        r#"{"number":9007199254740993,"small":-7,"amount":"-0.01","sum":"90071992547409930000.01","day":"2026-12-01","#,
        r#""begun_at":"2026-12-01T10:00:00.500000Z","is_paid":true,"words":"да, \"нет\"\n"}"#,
        "\n",
        r#"{"number":1,"small":null,"amount":null,"sum":null,"day":null,"begun_at":null,"is_paid":null,"words":null}"#,
        "\n",
    );
    assert_eq!(text(Format::JsonLines, false, &[FULL, EMPTY]), expected);
}

#[test]
fn parquet_has_the_types_that_were_meant() {
    let bytes = Bytes::from(encoded(Format::Parquet, false, &[FULL, EMPTY]));
    let reader = SerializedFileReader::new(bytes).unwrap();
    let schema = reader.metadata().file_metadata().schema_descr();
    let of = |index: usize| {
        (
            schema.column(index).physical_type(),
            schema.column(index).logical_type_ref().cloned(),
        )
    };
    assert_eq!(of(2), (Physical::INT64, Some(LogicalType::decimal(2, 14))));
    assert_eq!(
        of(3),
        (Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::decimal(2, 30)))
    );
    assert_eq!(of(4), (Physical::INT32, Some(LogicalType::Date)));
    assert_eq!(
        of(5),
        (
            Physical::INT64,
            Some(LogicalType::timestamp(true, TimeUnit::MICROS))
        )
    );
    assert_eq!(of(7), (Physical::BYTE_ARRAY, Some(LogicalType::String)));
    let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].get_long(0).unwrap(), 9_007_199_254_740_993);
    assert_eq!(rows[0].get_string(7).unwrap(), "да, \"нет\"\n");
    assert!(rows[1].get_string(7).is_err(), "null");
}

#[test]
fn a_value_no_reader_has_is_refused_by_its_column() {
    let endless = FULL.replace("2026-12-01 10:00:00.5+00", "infinity");
    for format in Format::ALL {
        let mut encoder = Encoder::new(format, &columns(), false).unwrap();
        let mut row = Row::default();
        row.read(endless.as_bytes());
        let error = encoder.push(&row).unwrap_err();
        assert!(
            matches!(&error, EncodeError::Value(column) if column == "begun_at"),
            "{format:?}: {error}"
        );
        row.read(b"1\t2\n");
        assert!(matches!(
            encoder.push(&row),
            Err(EncodeError::Shape { found: 2, wanted: 8 })
        ));
    }
}

#[test]
fn long_rows_end_a_row_group_before_many_do() {
    let columns = [Column::new("words", Kind::Text)];
    let mut encoder = Encoder::new(Format::Parquet, &columns, false).unwrap();
    let mut row = Row::default();
    let mut bytes = Vec::new();
    for number in 0..40 {
        row.read(format!("{number}{}", "x".repeat(1_000_000)).as_bytes());
        encoder.push(&row).unwrap();
        bytes.extend(encoder.take().unwrap());
    }
    bytes.extend(encoder.finish().unwrap());
    let reader = SerializedFileReader::new(Bytes::from(bytes)).unwrap();
    let groups: Vec<i64> = reader
        .metadata()
        .row_groups()
        .iter()
        .map(|group| group.num_rows())
        .collect();
    assert_eq!(groups, [17, 17, 6], "16 MiB of text are 17 rows");
}
