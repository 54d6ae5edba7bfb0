// Measures the stores of dead letters beside each other, each life of a node in a process of its own, and prints a table.
//   make bench-deadletters            200,000 letters, three rounds
//   LETTERS=1000000 ROUNDS=1 make bench-deadletters
using System.Globalization;
using Ingest.DeadLetterBench;

switch (args)
{
    case ["fill", var store, var data, var letters, var refuses]:
        await Run.FillAsync(store, data, int.Parse(letters, CultureInfo.InvariantCulture), bool.Parse(refuses));
        return 0;
    case ["start", var store, var data, var letters, var refused, var begun]:
        await Run.StartAsync(
            store,
            data,
            bool.Parse(refused) ? int.Parse(letters, CultureInfo.InvariantCulture) : 0,
            long.Parse(begun, CultureInfo.InvariantCulture));
        return 0;
    case [var letters, var rounds]:
        return await Table.PrintAsync(
            int.Parse(letters, CultureInfo.InvariantCulture), int.Parse(rounds, CultureInfo.InvariantCulture));
    default:
        Console.Error.WriteLine("usage: Ingest.DeadLetterBench LETTERS ROUNDS");
        return 2;
}
