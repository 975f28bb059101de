using System.Security.Authentication;
using StackExchange.Redis;

namespace ChatServer.Backplane.Connections;

/// <summary>Why Redis refuses a connection or a command although it can be reached. The sentences contain nothing of the server.</summary>
internal static class RedisRefusals
{
    private const string Password = "Redis refuses the password or the user.";
    private const string ReadOnly = "Redis refuses writes: the server is a read-only replica (READONLY).";

    // The first word of an answer. Each of them means that the call was right and the server cannot or may not carry it out.
    private static readonly (string Code, string Sentence)[] Answers =
    [
        ("OOM", "Redis refuses writes: its memory limit is reached (OOM)."),
        ("READONLY", ReadOnly),
        ("MISCONF", "Redis refuses writes: it cannot save its data to disk (MISCONF)."),
        ("NOREPLICAS", "Redis refuses writes: it has too few replicas (NOREPLICAS)."),
        ("NOPERM", "Redis refuses a command: its user has too few permissions (NOPERM)."),
        ("NOAUTH", Password),
        ("WRONGPASS", Password),
        ("LOADING", "Redis loads its data (LOADING)."),
        ("BUSY", "Redis is busy with a script (BUSY)."),
        ("MASTERDOWN", "Redis is a replica without its primary (MASTERDOWN)."),
        ("CLUSTERDOWN", "The Redis Cluster has slots without a master (CLUSTERDOWN)."),
        ("TRYAGAIN", "The Redis Cluster moves slots (TRYAGAIN)."),
        ("MOVED", "The Redis Cluster has moved a slot (MOVED)."),
        ("ASK", "The Redis Cluster moves a slot (ASK)."),
    ];

    /// <summary>Whether <paramref name="e"/> is the answer of a server that cannot carry out a call that was right.</summary>
    public static bool IsAnswer(Exception e) => e is RedisServerException && SentenceOf(e.Message) is not null;

    /// <summary>The sentence for a refusal, which may be the cause of the exception; null if it is none.</summary>
    public static string? Find(Exception error)
    {
        var causes = new List<Exception>();
        for (var e = error; e is not null; e = e.InnerException)
            causes.Add(e);
        // The innermost one first: the library reports a certificate that is not trusted as an authentication failure.
        foreach (var e in Enumerable.Reverse(causes))
        {
            if (e is AuthenticationException)
                return "The certificate of Redis is not trusted.";
            if (e is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure })
                return Password;
            // The library knows that no server accepts writes, and sends none.
            if (e is RedisConnectionException && e.Message.Contains("not eligible for replica", StringComparison.Ordinal))
                return ReadOnly;
            if (e is RedisException && SentenceOf(e.Message) is { } sentence)
                return sentence;
        }
        return null;
    }

    private static string? SentenceOf(string answer) =>
        Answers.FirstOrDefault(known => answer.StartsWith(known.Code, StringComparison.Ordinal)).Sentence;
}
