namespace ChatServer.Cli.Bench.Fanout;

/// <summary>The part of a <c>welcome</c> that a run needs.</summary>
/// <param name="Seq">Sequence of the newest event in the log.</param>
/// <param name="Limits">Limits of the room.</param>
internal sealed record WelcomeFrame(long Seq, WelcomeLimits? Limits);

/// <summary>The part of a welcome's <c>limits</c> that a run needs.</summary>
/// <param name="MessagesPerSecond">Rate limit of a member; 0: no limit.</param>
internal sealed record WelcomeLimits(int MessagesPerSecond);
