using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Tunewise.Testing;
using Tunewise.Training.Tensors;

namespace Tunewise.Training.Tests.Tensors;

/// <summary>The format is that of huggingface.co/docs/safetensors ("Format").</summary>
public sealed class SafetensorsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tunewise-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string PathOf(string name) => Path.Combine(_folder, name);

    private static (TensorInfo, Action<Stream>) Of(string name, TensorType type, long[] shape, params byte[] bytes) =>
        (new TensorInfo(name, type, shape), s => s.Write(bytes));

    private static (TensorInfo, Action<Stream>) Floats(string name, long[] shape, params float[] values) =>
        (new TensorInfo(name, TensorType.F32, shape), s => s.Write(MemoryMarshal.AsBytes<float>(values)));

    [Fact]
    public void Write_IsReadBack()
    {
        var path = PathOf("model.safetensors");
        Safetensors.Write(
            path,
            [
                Floats("layer.weight", [2, 3], 1, -2.5f, float.NaN, 4, 5, float.PositiveInfinity),
                Of("mask", TensorType.Bool, [3], 1, 0, 1), Of("half", TensorType.BF16, [1], 0x80, 0x3F), Of("scalar", TensorType.I64, [], 7, 0, 0, 0, 0, 0, 0, 0),
                Of("empty", TensorType.F64, [0, 5]), Of("Wörter \"x\"", TensorType.U8, [1, 1], 9),
            ],
            new Dictionary<string, string> { ["epoch"] = "3", ["note"] = "zwölf\n" });
        using var file = Safetensors.Open(path);
        file.Verify();
        Assert.Equal(
            ["empty: F64 [0, 5]", "scalar: I64 []", "layer.weight: F32 [2, 3]", "half: BF16 [1]", "Wörter \"x\": U8 [1, 1]", "mask: Bool [3]"],
            file.Tensors.Select(t => t.ToString()));
        Assert.Equal("3", file.Metadata["epoch"]);
        Assert.Equal("zwölf\n", file.Metadata["note"]);
        Assert.Equal([1, -2.5f, float.NaN, 4, 5, float.PositiveInfinity], MemoryMarshal.Cast<byte, float>(file.Read("layer.weight")).ToArray());
        Assert.Equal([1, 0, 1], file.Read("mask"));
        Assert.Equal(7, BinaryPrimitives.ReadInt64LittleEndian(file.Read("scalar")));
        Assert.Empty(file.Read("empty"));
        Assert.Contains("it has empty, scalar", Assert.Throws<KeyNotFoundException>(() => file.Read("nothing")).Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Write_OneTensor_HasTheBytesOfTheFormat()
    {
        using var stream = new MemoryStream();
        Safetensors.Write(stream, [Floats("a", [1], 1)]);
        var bytes = stream.ToArray();
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Assert.Equal(0, length % 8);
        // SHA-256 of 00 00 80 3F (coreutils' sha256sum).
        Assert.Equal(
            "{\"__metadata__\":{\"tunewise.sha256\":\"e00e5eb9444182f352323374ef4e08ebcb784725fdd4fd612d7730540b3e0c8c\"},"
                + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
            Encoding.UTF8.GetString(bytes, 8, length).TrimEnd(' '));
        Assert.Equal([0, 0, 0x80, 0x3F], bytes[(8 + length)..]);
    }

    [Fact]
    public void Read_InPieces_GivesAllOfALargeTensor()
    {
        var path = PathOf("large.safetensors");
        const int Pieces = 40;
        var piece = new byte[100_001];
        Safetensors.Write(path, [(new TensorInfo("t", TensorType.U8, [Pieces, piece.Length]), stream =>
        {
            for (var i = 0; i < Pieces; i++)
            {
                Array.Fill(piece, (byte)i);
                stream.Write(piece);
            }
        })]);
        using var file = Safetensors.Open(path);
        file.Verify();
        var (count, sum) = (0L, 0L);
        file.Read("t", bytes =>
        {
            count += bytes.Length;
            foreach (var b in bytes) sum += b;
        });
        Assert.Equal((Pieces * 100_001L, 100_001L * Pieces * (Pieces - 1) / 2), (count, sum));
    }

    [OptunaFact]
    public void Write_IsReadByPython_WithTheLayoutOfSafetensors()
    {
        var path = PathOf("model.safetensors");
        Safetensors.Write(
            path,
            [Floats("w", [2, 2], 1, 2, 3, 4), Of("n", TensorType.I64, [1], 5, 0, 0, 0, 0, 0, 0, 0), Of("b", TensorType.Bool, [2], 1, 0)],
            new Dictionary<string, string> { ["format"] = "pt" });
        var read = PythonWithOptuna.Run(
            """
            import json, struct, sys, numpy
            data = open(sys.argv[1], "rb").read()
            n, = struct.unpack("<Q", data[:8])
            header = json.loads(data[8:8 + n])
            print(header.pop("__metadata__")["format"])
            types = {"F32": "<f4", "I64": "<i8", "BOOL": "?"}
            for name, t in sorted(header.items()):
                begin, end = t["data_offsets"]
                print(name, numpy.frombuffer(data[8 + n + begin:8 + n + end], types[t["dtype"]]).reshape(t["shape"]).tolist())
            """,
            path);
        Assert.Equal("pt\nb [True, False]\nn [5]\nw [[1.0, 2.0], [3.0, 4.0]]\n", read.ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "")]
    [InlineData("{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}   ", 4, "")]
    [InlineData("{}", 0, "")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 8, "4 bytes, and behind the header there are 8")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "do not fit its 8 bytes")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "begins at 4 instead of 0")]
    [InlineData(
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[2,6]}}", 6,
        "begins at 2 instead of 4")]
    [InlineData("{\"a\":{\"dtype\":\"F7\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "'F7' is no type of tensors that this program reads")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "below 0")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,4]}}", 4, "too large")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "header cannot be read")]
    [InlineData("{\"a\":[]}", 4, "header cannot be read")]
    [InlineData("[1]", 4, "does not begin with a brace")]
    [InlineData(" {}", 0, "does not begin with a brace")]
    [InlineData("{\"a", 4, "header cannot be read")]
    public void Open_WhatOthersWrote_OrDamaged(string header, int data, string problem)
    {
        var path = PathOf("x");
        var bytes = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
        File.WriteAllBytes(path, [.. length, .. bytes, .. new byte[data]]);
        if (problem.Length > 0)
        {
            var error = Assert.Throws<InvalidDataException>(() => Safetensors.Open(path));
            Assert.StartsWith("'x' is no whole safetensors file: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(problem, error.Message, StringComparison.Ordinal);
            // It is not held open.
            File.Delete(path);
            return;
        }

        using var file = Safetensors.Open(path);
        file.Verify();
        Assert.Equal(data, file.Tensors.Sum(t => t.ByteCount));
    }

    [Fact]
    public void Files_CutOffOrChangedAnywhere_AreNoticed()
    {
        var path = PathOf("whole");
        Safetensors.Write(path, [Floats("a", [3], 1, 2, 3), Of("b", TensorType.U8, [2], 1, 2)]);
        var whole = File.ReadAllBytes(path);
        var damaged = PathOf("damaged");
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(damaged, whole[..length]);
            Assert.Throws<InvalidDataException>(() => Safetensors.Open(damaged));
        }

        for (var at = whole.Length - 14; at < whole.Length; at++)
        {
            var bytes = (byte[])whole.Clone();
            bytes[at] ^= 0x10;
            File.WriteAllBytes(damaged, bytes);
            using var file = Safetensors.Open(damaged);
            Assert.Contains("'damaged' is damaged", Assert.Throws<InvalidDataException>(file.Verify).Message, StringComparison.Ordinal);
        }
    }

    /// <summary>The length before the header is any bytes.</summary>
    [Fact]
    public void Write_HeadersOfEveryLength_CanBeRead()
    {
        var path = PathOf("many");
        for (var length = 1; length < 40_000; length += 97)
        {
            Safetensors.Write(path, [Floats("a", [1], length)], new Dictionary<string, string> { ["text"] = new('x', length) });
            using var file = Safetensors.Open(path);
            file.Verify();
            Assert.Equal(length, file.Metadata["text"].Length);
        }

        for (var length = 0x80C0; length < 0x8140; length += 8)
        {
            Safetensors.Write(path, [Floats("a", [1], length)], new Dictionary<string, string> { ["text"] = new('x', length - 150) });
            using var file = Safetensors.Open(path);
            file.Verify();
        }
    }

    [Fact]
    public void Names_ThatCannotBeWritten_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new TensorInfo("a\ud800", TensorType.U8, []));
        Assert.Throws<ArgumentException>(() => Safetensors.Write(PathOf("x"), [], new Dictionary<string, string> { ["k"] = "\udc00" }));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Write_WrongBytes_LeavesWhatWasThere()
    {
        var path = PathOf("model");
        Safetensors.Write(path, [Floats("a", [1], 1)]);
        var before = File.ReadAllBytes(path);
        Assert.Contains("fewer were written (4)", Assert.Throws<InvalidOperationException>(
            () => Safetensors.Write(path, [Floats("a", [2], 1)])).Message, StringComparison.Ordinal);
        Assert.Contains("more were written (8)", Assert.Throws<InvalidOperationException>(
            () => Safetensors.Write(path, [Floats("a", [1], 1, 2)])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Safetensors.Write(path, [Floats("a", [1], 1), Floats("a", [1], 1)]));
        Assert.Throws<ArgumentException>(() => Safetensors.Write(path, [], new Dictionary<string, string> { [Safetensors.ChecksumKey] = "x" }));
        Assert.Throws<ArgumentException>(() => new TensorInfo("__metadata__", TensorType.U8, []));
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Single(Directory.GetFiles(_folder));
    }
}
