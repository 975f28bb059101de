using System.Diagnostics;
using ChatServer.Backplane.Rooms;
using ChatServer.Metrics;

namespace ChatServer.RoomHost.Rooms;

/// <summary>Measures messages once for each batch.</summary>
internal static class BatchMeter
{
    /// <summary>The batch left the inbox; its duplicates and refused messages are known.</summary>
    public static void OnTaken(Batch batch)
    {
        RoomMetrics.Received.Add(batch.MessageCount + batch.Duplicates.Count + batch.Refused.Count);
        RoomMetrics.ReceivedBytes.Add(batch.TextBytes);
        if (batch.Duplicates.Count > 0)
            RoomMetrics.Duplicates.Add(batch.Duplicates.Count);
    }

    /// <summary>Redis answered the append, which was sent at the timestamp <paramref name="since"/>.</summary>
    public static void OnAppended(Batch batch, AppendResult result, long since)
    {
        RoomMetrics.AppendDuration.Record(Stopwatch.GetElapsedTime(since).TotalSeconds);
        if (result == AppendResult.Appended)
            RoomMetrics.BatchSize.Record(batch.Count);
        else
            RoomMetrics.AppendsFailed.Add(ReasonOf(result));
    }

    /// <summary>Redis did not answer the append, which is repeated.</summary>
    public static void OnUnavailable() => RoomMetrics.AppendsFailed.Add("unavailable");

    /// <summary>The members are about to be sent the batch, its senders first.</summary>
    public static void OnPublished(Batch batch)
    {
        if (batch.MessageCount == 0)
            return;
        RoomMetrics.Logged.Add(batch.MessageCount);
        RoomMetrics.EchoDuration.Record(Stopwatch.GetElapsedTime(batch.Since).TotalSeconds);
    }

    private static string ReasonOf(AppendResult result) => result switch
    {
        AppendResult.Fenced => "fenced",
        AppendResult.Gone => "gone",
        _ => "diverged",
    };
}
