using ChatServer.LocalHosting.Resources;

namespace ChatServer.LocalHosting.Logs;

/// <summary>All logs on one terminal: each line behind the name of its resource, each resource in a colour of its own.</summary>
/// <param name="output">Where lines go. Written to by one thread at a time.</param>
/// <param name="coloured">Whether to use colours.</param>
/// <param name="width">Of the longest name, so that the lines stand in a column.</param>
internal sealed class ConsoleLog(TextWriter output, bool coloured, int width)
{
    private const string Plain = "\e[0m";
    private const string Faint = "\e[2m";
    private const string Red = "\e[31m";

    // Bright enough on dark and on light. Red is left out: it says that something is wrong.
    private static readonly string[] Colours = ["\e[36m", "\e[32m", "\e[33m", "\e[35m", "\e[34m", "\e[96m", "\e[92m", "\e[95m"];

    private readonly Lock _writing = new();
    private readonly Dictionary<string, string> _colours = [];

    /// <summary>The terminal: in colour unless it is a file or a pipe, or <c>NO_COLOR</c> is set (no-color.org).</summary>
    public static ConsoleLog OfThisProcess(int width) => new(
        Console.Out, !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")), width);

    /// <summary>Writes a line of <paramref name="resource"/>.</summary>
    public void Write(string resource, LogStream stream, string text)
    {
        var name = resource.PadRight(width);
        lock (_writing)
        {
            output.WriteLine(!coloured ? $"{name} | {text}" : stream switch
            {
                LogStream.Error => $"{ColourOf(resource)}{name} |{Plain} {Red}{text}{Plain}",
                LogStream.Runner => $"{ColourOf(resource)}{name} |{Plain} {Faint}{text}{Plain}",
                _ => $"{ColourOf(resource)}{name} |{Plain} {text}",
            });
        }
    }

    private string ColourOf(string resource)
    {
        if (!_colours.TryGetValue(resource, out var colour))
            _colours[resource] = colour = Colours[_colours.Count % Colours.Length];
        return colour;
    }
}
