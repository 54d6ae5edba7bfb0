using System.Globalization;
using System.Text;

namespace Ingest.Sinks.Http.Formats.Raw;

/// <summary>
/// Values of CloudEvents attributes in headers (HTTP protocol binding 1.0, section 3.1.3.2): a space, a quote, a percent sign and anything
/// but printable ASCII is percent-encoded UTF-8.
/// </summary>
internal static class CloudEventText
{
    internal static string Escape(string value)
    {
        if (!value.AsSpan().ContainsAnyExceptInRange('!', '~') && !value.AsSpan().ContainsAny('"', '%'))
        {
            return value;
        }
        var escaped = new StringBuilder(value.Length + 16);
        foreach (var octet in Encoding.UTF8.GetBytes(value))
        {
            if (octet is > (byte)' ' and <= (byte)'~' and not (byte)'"' and not (byte)'%')
            {
                escaped.Append((char)octet);
            }
            else
            {
                escaped.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
            }
        }
        return escaped.ToString();
    }
}
