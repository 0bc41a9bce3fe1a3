Console.WriteLine("This study trains with TorchSharp, which the package sources did not have when it was built.");
