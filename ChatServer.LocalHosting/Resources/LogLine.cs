namespace ChatServer.LocalHosting.Resources;

/// <summary>Where a line of a log comes from.</summary>
internal enum LogStream
{
    /// <summary>The process' standard output.</summary>
    Out,

    /// <summary>The process' standard error.</summary>
    Error,

    /// <summary>The runner's own remark: started, crashed, restarting.</summary>
    Runner,
}

/// <summary>A line of a resource's log.</summary>
/// <param name="Number">Its place among the lines of all resources of the board, from 1: one number resumes any view of them.</param>
/// <param name="Time">When it was read.</param>
/// <param name="Stream">Where it comes from.</param>
/// <param name="Text">The line as the process wrote it, colour codes and all, without its line end.</param>
internal sealed record LogLine(long Number, DateTimeOffset Time, LogStream Stream, string Text);
