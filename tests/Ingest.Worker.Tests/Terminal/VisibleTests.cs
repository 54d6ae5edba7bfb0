using System.Text.Json;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Tests.Terminal;

public sealed class VisibleTests
{
    [Theory]
    [InlineData("orders", "orders")]
    [InlineData("größe 東京 🚀 שלום", "größe 東京 🚀 שלום")]
    [InlineData("a\u202Egpj.exe", @"a\u202Egpj.exe")]
    [InlineData("\u2066x\u2069", @"\u2066x\u2069")]
    [InlineData("\u001b]0;title\u0007", @"\u001B]0;title\u0007")]
    [InlineData("a\u009bb\u0085c\u2028d", @"a\u009Bb\u0085c\u2028d")]
    [InlineData("\udb40\udc41", @"\uDB40\uDC41")]
    public void Only_what_steers_or_hides_is_shown_as_its_code(string text, string shown)
    {
        Assert.Equal(shown, Visible.Escape(text));
    }

    [Fact]
    public void Half_of_a_character_is_shown_as_its_code()
    {
        Assert.Equal(@"a\uD83D", Visible.Escape("a" + (char)0xD83D));
    }

    [Fact]
    public void JSON_stays_the_same_JSON()
    {
        var json = "{\"key\":\"a\u202Eb\udb40\udc41\"}";

        using var before = JsonDocument.Parse(json);
        using var after = JsonDocument.Parse(Visible.Escape(json));
        Assert.Equal(before.RootElement.GetProperty("key").GetString(), after.RootElement.GetProperty("key").GetString());
        Assert.DoesNotContain('\u202E', Visible.EscapeLines(json));
    }
}
