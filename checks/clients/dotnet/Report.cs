using System.Text.Json;

namespace Clients;

/// <summary>Tells the harness what was sent and what became of it: a line of JSON each.</summary>
internal static class Report
{
    private static readonly Lock Output = new();

    internal static void Sent(int number) => Write(new { sent = number });

    internal static void Stored(int number) => Write(new { stored = number });

    internal static void Error(object error) => Write(new { error = error.ToString()![..Math.Min(300, error.ToString()!.Length)] });

    internal static void Done() => Write(new { done = true });

    private static void Write<T>(T what)
    {
        lock (Output)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(what));
            Console.Out.Flush();
        }
    }
}
