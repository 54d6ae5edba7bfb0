using System.Diagnostics;

namespace Ingest.Intake.Json;

/// <summary>Why a text is not JSON.</summary>
internal enum JsonFault
{
    None,
    UnexpectedEnd,
    ValueExpected,
    NameExpected,
    ColonExpected,
    CommaOrEndExpected,
    TrailingData,
    TooDeep,
    ControlCharacter,
    BadEscape,
    BadNumber,
    BadLiteral,
    InvalidUtf8,
    ByteOrderMark,
}

/// <summary>Faults in words.</summary>
internal static class JsonFaultText
{
    internal static string Of(JsonFault fault) => fault switch
    {
        JsonFault.UnexpectedEnd => "The text ends inside a value.",
        JsonFault.ValueExpected => "A value is expected here.",
        JsonFault.NameExpected => "A property name in double quotes is expected here.",
        JsonFault.ColonExpected => "A colon is expected here.",
        JsonFault.CommaOrEndExpected => "A comma or the end of the object or array is expected here.",
        JsonFault.TrailingData => "There is something behind the end of the value.",
        JsonFault.TooDeep => "Arrays and objects are nested deeper than Intake:JsonDepthMax.",
        JsonFault.ControlCharacter => "A control character in a string must be escaped.",
        JsonFault.BadEscape => "This is no escape sequence of JSON.",
        JsonFault.BadNumber => "This is no number of JSON.",
        JsonFault.BadLiteral => "Only true, false and null are words of JSON.",
        JsonFault.InvalidUtf8 => "The text is not UTF-8 here.",
        JsonFault.ByteOrderMark => "JSON text has no byte order mark (RFC 8259, section 8.1).",
        _ => throw new UnreachableException(),
    };
}
