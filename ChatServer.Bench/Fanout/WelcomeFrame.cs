namespace ChatServer.Bench.Fanout;

/// <summary>The part of a <c>welcome</c> that a run needs.</summary>
/// <param name="Seq">The log's newest event: the next one is one more.</param>
/// <param name="Limits">What the room allows.</param>
internal sealed record WelcomeFrame(long Seq, WelcomeLimits? Limits);

/// <summary>The part of a welcome's <c>limits</c> that a run needs.</summary>
/// <param name="MessagesPerSecond">Of one member; 0: no limit.</param>
internal sealed record WelcomeLimits(int MessagesPerSecond);
